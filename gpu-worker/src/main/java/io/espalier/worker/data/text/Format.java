package io.espalier.worker.data.text;

import io.espalier.worker.domain.model.TextTask;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Format of a text file; its extension tells. */
enum Format {
  SQUAD(".json", "SQuAD questions"),
  JSON_LINES(".jsonl", "a JSON object with text in each line"),
  CSV(".csv", "comma-separated values with a header that names text"),
  COLUMNS(".conll", "a word and its tag in each line"),
  PLAIN(".txt", "plain text");

  private final String extension;
  private final String meaning;

  Format(String extension, String meaning) {
    this.extension = extension;
    this.meaning = meaning;
  }

  /** The formats that give a task what it needs; plain text of tagged words is in columns. */
  static List<Format> of(TextTask task) {
    return switch (task) {
      case QUESTION_ANSWERING -> List.of(SQUAD);
      case TEXT_CLASSIFICATION -> List.of(JSON_LINES, CSV);
      case FILL_MASK, TEXT_GENERATION -> List.of(PLAIN, JSON_LINES);
      case FEATURE_EXTRACTION -> List.of(PLAIN, JSON_LINES, CSV);
      case TOKEN_CLASSIFICATION -> List.of(COLUMNS, PLAIN, JSON_LINES);
    };
  }

  static Optional<Format> of(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return Arrays.stream(values()).filter(format -> name.endsWith(format.extension)).findFirst();
  }

  static String names(List<Format> formats) {
    return formats.stream()
        .map(format -> "%s (%s)".formatted(format.extension, format.meaning))
        .collect(Collectors.joining(" or "));
  }
}
