package io.espalier.worker.data.text;

import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TextInput;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Makes data sets of texts, or pairs of texts, each of a label or none of them. */
final class ClassifiedTexts {
  private ClassifiedTexts() {}

  /** Texts with the labels that the file gives. */
  static TextDataset open(Path file, Tokenizer tokenizer, TextInput input, int maxLength) {
    List<TextRow> rows = read(file);
    boolean labelled = rows.stream().anyMatch(row -> row.label().isPresent());
    var problems = new Problems(file);
    var known = new KnownLabels(input.labels());
    var labels = new ArrayList<Integer>();
    for (TextRow row : rows) {
      labels.add(labelled ? label(row, known, problems) : KnownLabels.NONE);
    }
    problems.throwIfAny();
    var sequences = new ArrayList<Sequence>();
    for (int i = 0; i < rows.size(); i++) {
      Encoded encoded = encoded(rows.get(i), tokenizer, maxLength);
      sequences.add(
          labelled ? Sequence.of(encoded, input, labels.get(i)) : Sequence.of(encoded, input));
    }
    return new SequenceDataset(
        sequences, labelled ? Labelling.ROW : Labelling.NONE, input.padding());
  }

  /** Texts alone, whatever labels the file gives. */
  static TextDataset unlabelled(Path file, Tokenizer tokenizer, TextInput input, int maxLength) {
    List<Sequence> sequences =
        read(file).stream()
            .map(row -> Sequence.of(encoded(row, tokenizer, maxLength), input))
            .toList();
    return new SequenceDataset(sequences, Labelling.NONE, input.padding());
  }

  private static List<TextRow> read(Path file) {
    List<TextRow> rows = TextRows.read(file);
    var problems = new Problems(file);
    rows.stream()
        .filter(row -> row.text().isBlank())
        .forEach(row -> problems.add("line " + row.line(), "its text is empty"));
    problems.throwIfAny();
    return rows;
  }

  private static Encoded encoded(TextRow row, Tokenizer tokenizer, int maxLength) {
    Encoded whole =
        row.pair()
            .map(pair -> tokenizer.encode(row.text(), pair))
            .orElseGet(() -> tokenizer.encode(row.text()));
    return Truncation.longestFirst(whole, maxLength);
  }

  private static int label(TextRow row, KnownLabels known, Problems problems) {
    String where = "line " + row.line();
    Optional<String> found = row.label();
    if (found.isEmpty()) {
      problems.add(where, "has no label, but other lines have one");
      return KnownLabels.NONE;
    }
    int label = known.number(found.get());
    if (label == KnownLabels.NONE) {
      problems.add(where, known.problem(found.get()));
    }
    return label;
  }
}
