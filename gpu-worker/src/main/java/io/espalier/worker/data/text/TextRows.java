package io.espalier.worker.data.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.Quoted;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the texts of a file, one a row. */
final class TextRows {
  /** Names of the second text of a row; data sets do not agree. */
  static final List<String> PAIR = List.of("text_pair", "text2");

  /** What the label of a row is called, or the labels. */
  private static final List<String> LABEL = List.of("label", "labels");

  static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final RowProblems problems;
  private final List<TextRow> rows = new ArrayList<>();

  private TextRows(Path file) {
    this.problems = new RowProblems(file);
  }

  /**
   * Every row of a file, of plain text every line, but for lines with nothing in them.
   *
   * @throws InvalidInputException naming the first problems, each with its line
   */
  static List<TextRow> read(Path file) {
    Format format = Format.of(file).orElseThrow();
    if (format == Format.CSV) {
      return CsvRows.read(file);
    }
    var rows = new TextRows(file);
    List<String> lines = TextFiles.read(file).lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).isBlank()) {
        continue;
      }
      if (format == Format.PLAIN) {
        rows.rows.add(TextRow.of(i + 1, lines.get(i)));
      } else {
        rows.addJson(i + 1, lines.get(i));
      }
    }
    rows.problems.throwIfAny();
    return requireAny(file, rows.rows);
  }

  static List<TextRow> requireAny(Path file, List<TextRow> rows) {
    if (rows.isEmpty()) {
      throw new InvalidInputException("%s holds no text".formatted(file));
    }
    return rows;
  }

  private void addJson(int line, String json) {
    String where = "line " + line;
    try {
      JsonNode row = JSON.readTree(json);
      if (!row.isObject()) {
        problems.add(where, "wanted a JSON object, found " + Quoted.of(json));
        return;
      }
      Optional<String> text = text(row, List.of("text"), where);
      if (text.isEmpty()) {
        problems.add(where, "wanted a text under \"text\", found " + Quoted.of(json));
        return;
      }
      rows.add(new TextRow(line, text.get(), text(row, PAIR, where), label(row, where)));
    } catch (JsonProcessingException e) {
      problems.add(where, "is not valid JSON: " + e.getOriginalMessage());
    }
  }

  private Optional<String> text(JsonNode row, List<String> names, String where) {
    for (String name : names) {
      JsonNode text = row.path(name);
      if (text.isTextual()) {
        return Optional.of(text.textValue());
      }
      if (!text.isMissingNode() && !text.isNull()) {
        problems.add(
            where, "wanted a text under \"%s\", found %s".formatted(name, Quoted.of(text)));
      }
    }
    return Optional.empty();
  }

  private Optional<GivenLabel> label(JsonNode row, String where) {
    for (String name : LABEL) {
      JsonNode found = row.path(name);
      if (!found.isMissingNode() && !found.isNull()) {
        Optional<GivenLabel> label = GivenLabel.of(found);
        if (label.isEmpty()) {
          problems.add(
              where,
              "wanted a name or a number under \"%s\", or a list of these, found %s"
                  .formatted(name, Quoted.of(found)));
        }
        return label;
      }
    }
    return Optional.empty();
  }
}
