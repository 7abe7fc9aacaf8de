package io.espalier.worker.data.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.Quoted;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads sentences whose words have tags, from columns or from JSON lines with {@code tokens} and
 * {@code ner_tags}.
 */
final class TaggedRows {
  private static final String WORDS = "tokens";

  /** Names of the tags of a row; data sets do not agree. */
  private static final List<String> TAGS = List.of("ner_tags", "tags", "labels");

  private final RowProblems problems;
  private final List<TaggedRow> rows = new ArrayList<>();

  private TaggedRows(Path file) {
    this.problems = new RowProblems(file);
  }

  /**
   * Every sentence of a file.
   *
   * @throws InvalidInputException naming the first problems, each with its line
   */
  static List<TaggedRow> read(Path file) {
    List<TaggedRow> rows =
        Format.of(file).orElseThrow() == Format.JSON_LINES ? json(file) : ColumnRows.read(file);
    if (rows.isEmpty()) {
      throw new InvalidInputException("%s holds no words".formatted(file));
    }
    return rows;
  }

  private static List<TaggedRow> json(Path file) {
    var rows = new TaggedRows(file);
    List<String> lines = TextFiles.read(file).lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).isBlank()) {
        rows.add(i + 1, lines.get(i));
      }
    }
    rows.problems.throwIfAny();
    return rows.rows;
  }

  private void add(int line, String json) {
    String where = "line " + line;
    try {
      JsonNode row = TextRows.JSON.readTree(json);
      Optional<List<String>> words = words(row, where);
      Optional<List<GivenLabel>> tags = tags(row, where);
      if (words.isPresent() && tags.isPresent()) {
        add(line, words.get(), tags.get());
      }
    } catch (JsonProcessingException e) {
      problems.add(where, "is not valid JSON: " + e.getOriginalMessage());
    }
  }

  private void add(int line, List<String> words, List<GivenLabel> tags) {
    String where = "line " + line;
    if (words.size() != tags.size()) {
      problems.add(where, "has %d tokens, but %d tags".formatted(words.size(), tags.size()));
    } else if (words.stream().anyMatch(String::isBlank)) {
      problems.add(where, "word %d is empty".formatted(firstBlank(words)));
    } else if (!words.isEmpty()) {
      rows.add(new TaggedRow(line, words, tags));
    }
  }

  /** Its place, from 1. */
  private static int firstBlank(List<String> words) {
    return 1 + (int) words.stream().takeWhile(word -> !word.isBlank()).count();
  }

  private Optional<List<String>> words(JsonNode row, String where) {
    var words = new ArrayList<String>();
    for (JsonNode word : row.path(WORDS)) {
      if (!word.isTextual()) {
        return wrong(where, "words", WORDS, row);
      }
      words.add(word.textValue());
    }
    return row.path(WORDS).isArray() ? Optional.of(words) : wrong(where, "words", WORDS, row);
  }

  private Optional<List<GivenLabel>> tags(JsonNode row, String where) {
    Optional<JsonNode> list = TAGS.stream().map(row::path).filter(JsonNode::isArray).findFirst();
    return list.flatMap(GivenLabel::of)
        .map(given -> ((GivenLabel.Several) given).labels())
        .or(() -> wrong(where, "names or numbers of labels", TAGS.get(0), row));
  }

  private <L> Optional<List<L>> wrong(String where, String what, String key, JsonNode row) {
    problems.add(
        where, "wanted a list of %s under \"%s\", found %s".formatted(what, key, Quoted.of(row)));
    return Optional.empty();
  }
}
