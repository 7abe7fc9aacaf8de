package io.espalier.worker.data.text;

import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TextInput;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Makes data sets of texts, or pairs of texts, each of a label or none of them. */
final class ClassifiedTexts {
  private final Tokenizer tokenizer;
  private final TextInput input;
  private final int maxLength;
  private final List<TextRow> rows;
  private final RowProblems problems;

  private ClassifiedTexts(Path file, Tokenizer tokenizer, TextInput input, int maxLength) {
    this.tokenizer = tokenizer;
    this.input = input;
    this.maxLength = maxLength;
    this.rows = read(file);
    this.problems = new RowProblems(file);
  }

  /** Texts with the labels that the file gives. */
  static TextDataset open(Path file, Tokenizer tokenizer, TextInput input, int maxLength) {
    var texts = new ClassifiedTexts(file, tokenizer, input, maxLength);
    boolean labelled = texts.rows.stream().anyMatch(row -> row.label().isPresent());
    if (!labelled) {
      return texts.unlabelled();
    }
    return input.wantsNumbers() ? texts.withTargets() : texts.withLabels();
  }

  /** Texts alone, whatever labels the file gives. */
  static TextDataset unlabelled(Path file, Tokenizer tokenizer, TextInput input, int maxLength) {
    return new ClassifiedTexts(file, tokenizer, input, maxLength).unlabelled();
  }

  private static List<TextRow> read(Path file) {
    List<TextRow> rows = TextRows.read(file);
    var problems = new RowProblems(file);
    rows.stream()
        .filter(row -> row.text().isBlank())
        .forEach(row -> problems.add("line " + row.line(), "its text is empty"));
    problems.throwIfAny();
    return rows;
  }

  private TextDataset unlabelled() {
    List<Sequence> sequences = rows.stream().map(row -> Sequence.of(encoded(row), input)).toList();
    return new SequenceDataset(sequences, Labelling.NONE, input.padding());
  }

  private TextDataset withLabels() {
    var known = new KnownLabels(input.labels());
    var labels = new ArrayList<Integer>();
    for (TextRow row : rows) {
      label(row).ifPresent(found -> labels.add(number(row, found, known)));
    }
    problems.throwIfAny();
    var sequences = new ArrayList<Sequence>();
    for (int i = 0; i < rows.size(); i++) {
      sequences.add(Sequence.of(encoded(rows.get(i)), input, labels.get(i)));
    }
    return new SequenceDataset(
        sequences, Labelling.ROW, input.padding(), problems.named(known.warnings()));
  }

  private TextDataset withTargets() {
    List<GivenLabel> labels = rows.stream().flatMap(row -> label(row).stream()).toList();
    problems.throwIfAny();
    var known = new LabelTargets(input, labels);
    var targets = new ArrayList<float[]>();
    for (int i = 0; i < rows.size(); i++) {
      known.of(labels.get(i), where(rows.get(i)), problems).ifPresent(targets::add);
    }
    problems.throwIfAny();
    var sequences = new ArrayList<Sequence>();
    for (int i = 0; i < rows.size(); i++) {
      sequences.add(Sequence.of(encoded(rows.get(i)), input).withTargets(targets.get(i)));
    }
    return new SequenceDataset(
        sequences, Labelling.TARGETS, input.padding(), problems.named(known.warnings()));
  }

  private Encoded encoded(TextRow row) {
    Encoded whole =
        row.pair()
            .map(pair -> tokenizer.encode(row.text(), pair))
            .orElseGet(() -> tokenizer.encode(row.text()));
    return Truncation.longestFirst(whole, maxLength);
  }

  private Optional<GivenLabel> label(TextRow row) {
    if (row.label().isEmpty()) {
      problems.add(where(row), "has no label, but other lines have one");
    }
    return row.label();
  }

  private int number(TextRow row, GivenLabel found, KnownLabels known) {
    int label = known.number(found);
    if (label == KnownLabels.NONE) {
      problems.add(where(row), known.problem(found));
    }
    return label;
  }

  private static String where(TextRow row) {
    return "line " + row.line();
  }
}
