package io.espalier.worker.data.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Reads texts from comma-separated values, as RFC 4180 has them: a value in quotation marks may
 * hold commas, line breaks and, doubled, quotation marks.
 */
final class CsvRows {
  private static final CsvMapper CSV =
      CsvMapper.builder()
          .enable(CsvParser.Feature.WRAP_AS_ARRAY)
          .enable(CsvParser.Feature.SKIP_EMPTY_LINES)
          .build();

  private final RowProblems problems;
  private final List<Row> rows = new ArrayList<>();

  /** A row whose label is text, like everything in such a file. */
  private record Row(int line, String text, Optional<String> pair, Optional<String> label) {}

  private CsvRows(Path file) {
    this.problems = new RowProblems(file);
  }

  /**
   * Every row of a file.
   *
   * @throws InvalidInputException naming the first problems, each with its line
   */
  static List<TextRow> read(Path file) {
    var csv = new CsvRows(file);
    try (MappingIterator<List<String>> records =
        CSV.readerForListOf(String.class).readValues(TextFiles.read(file))) {
      csv.readAll(file, records);
    } catch (JsonProcessingException e) {
      throw new InvalidInputException(
          "%s, line %d: is not valid CSV: %s"
              .formatted(file, e.getLocation().getLineNr(), e.getOriginalMessage()));
    } catch (IOException e) {
      throw new InvalidInputException("%s cannot be read: %s".formatted(file, e));
    }
    csv.problems.throwIfAny();
    return TextRows.requireAny(file, csv.labelled());
  }

  private void readAll(Path file, MappingIterator<List<String>> records) throws IOException {
    List<String> header = records.hasNextValue() ? records.nextValue() : List.of();
    var columns = new HashMap<String, Integer>();
    for (int i = 0; i < header.size(); i++) {
      columns.putIfAbsent(header.get(i).strip(), i);
    }
    if (!columns.containsKey("text")) {
      throw new InvalidInputException(
          "%s, line 1: wanted a header that names text, and maybe label and text_pair, found %s"
              .formatted(file, header));
    }
    int line = records.getCurrentLocation().getLineNr();
    while (records.hasNextValue()) {
      add(line, header.size(), records.nextValue(), columns);
      line = records.getCurrentLocation().getLineNr();
    }
  }

  private void add(int line, int width, List<String> values, Map<String, Integer> columns) {
    String where = "line " + line;
    if (values.size() != width) {
      problems.add(
          where, "wanted %d values, as the header has, found %d".formatted(width, values.size()));
      return;
    }
    Optional<String> pair =
        TextRows.PAIR.stream().flatMap(name -> value(values, columns, name).stream()).findFirst();
    String text = value(values, columns, "text").orElse("");
    rows.add(new Row(line, text, pair, value(values, columns, "label")));
  }

  private List<TextRow> labelled() {
    Function<String, GivenLabel> meaning =
        GivenLabel.column(rows.stream().flatMap(row -> row.label().stream()).toList());
    return rows.stream()
        .map(row -> new TextRow(row.line(), row.text(), row.pair(), row.label().map(meaning)))
        .toList();
  }

  private static Optional<String> value(
      List<String> values, Map<String, Integer> columns, String name) {
    Integer column = columns.get(name);
    return Optional.ofNullable(column).map(values::get).filter(value -> !value.isBlank());
  }
}
