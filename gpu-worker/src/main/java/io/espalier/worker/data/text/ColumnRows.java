package io.espalier.worker.data.text;

import io.espalier.worker.domain.Quoted;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Reads sentences from columns, as the shared tasks of CoNLL have them: a word a line, first the
 * word, last its tag, between them whatever else there is; an empty line, or one that begins with
 * {@code -DOCSTART-}, ends a sentence. Columns are divided by tabs, or else by spaces.
 */
final class ColumnRows {
  private static final String DOCUMENT = "-DOCSTART-";

  private final RowProblems problems;
  private final List<Row> rows = new ArrayList<>();
  private final List<String> words = new ArrayList<>();
  private final List<String> tags = new ArrayList<>();
  private int begin;

  /** A sentence whose tags are text. */
  private record Row(int line, List<String> words, List<String> tags) {}

  private ColumnRows(Path file) {
    this.problems = new RowProblems(file);
  }

  /**
   * Every sentence of a file.
   *
   * @throws io.espalier.worker.domain.InvalidInputException naming the first problems, each with
   *     its line
   */
  static List<TaggedRow> read(Path file) {
    var columns = new ColumnRows(file);
    List<String> lines = TextFiles.read(file).lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      columns.add(i + 1, lines.get(i));
    }
    columns.end();
    columns.problems.throwIfAny();
    return columns.tagged();
  }

  private List<TaggedRow> tagged() {
    Function<String, GivenLabel> meaning =
        GivenLabel.column(rows.stream().flatMap(row -> row.tags().stream()).toList());
    return rows.stream()
        .map(
            row ->
                new TaggedRow(row.line(), row.words(), row.tags().stream().map(meaning).toList()))
        .toList();
  }

  private void add(int line, String text) {
    if (text.isBlank() || text.startsWith(DOCUMENT)) {
      end();
      return;
    }
    String[] values = text.strip().split(text.contains("\t") ? "\t" : " +", -1);
    String word = values[0].strip();
    String tag = values[values.length - 1].strip();
    if (values.length < 2 || word.isEmpty() || tag.isEmpty()) {
      problems.add(
          "line " + line,
          "wanted a word and its tag in columns, divided by tabs or spaces, found '%s'"
              .formatted(Quoted.of(text)));
      return;
    }
    begin = words.isEmpty() ? line : begin;
    words.add(word);
    tags.add(tag);
  }

  private void end() {
    if (!words.isEmpty()) {
      rows.add(new Row(begin, List.copyOf(words), List.copyOf(tags)));
      words.clear();
      tags.clear();
    }
  }
}
