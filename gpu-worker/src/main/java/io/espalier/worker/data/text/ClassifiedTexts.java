package io.espalier.worker.data.text;

import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TextInput;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Makes data sets of texts, or pairs of texts, each of a label or none of them. */
final class ClassifiedTexts {
  private static final int NO_LABEL = -1;

  /** Labels that a message lists: some models have thousands. */
  private static final int LISTED = 20;

  private ClassifiedTexts() {}

  /** Texts with the labels that the file gives. */
  static TextDataset open(Path file, Tokenizer tokenizer, TextInput input, int maxLength) {
    List<TextRow> rows = read(file);
    boolean labelled = rows.stream().anyMatch(row -> row.label().isPresent());
    var problems = new Problems(file);
    var labels = new ArrayList<Integer>();
    for (TextRow row : rows) {
      labels.add(labelled ? label(row, input.labels(), problems) : NO_LABEL);
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

  private static int label(TextRow row, List<String> known, Problems problems) {
    String where = "line " + row.line();
    Optional<String> found = row.label();
    if (found.isEmpty()) {
      problems.add(where, "has no label, but other lines have one");
      return NO_LABEL;
    }
    int named = known.indexOf(found.get());
    int label = named >= 0 ? named : number(found.get()).orElse(NO_LABEL);
    if (label < 0 || label >= known.size()) {
      problems.add(where, "label '%s' is %s".formatted(found.get(), unknown(known)));
    }
    return label;
  }

  private static String unknown(List<String> known) {
    if (known.isEmpty()) {
      return "unknown, since the model has no labels; id2label in config.json names them";
    }
    List<String> some = known.subList(0, Math.min(LISTED, known.size()));
    return "none of the model's %d: wanted one of %s%s, or 0 to %d"
        .formatted(
            known.size(), some, known.size() > LISTED ? " and others" : "", known.size() - 1);
  }

  private static OptionalInt number(String text) {
    try {
      return OptionalInt.of(Integer.parseInt(text.strip()));
    } catch (NumberFormatException e) {
      return OptionalInt.empty();
    }
  }
}
