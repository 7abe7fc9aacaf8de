package io.espalier.worker.data.text;

import java.util.List;

/**
 * A sentence of a file, word by word.
 *
 * @param line where it begins in the file, from 1
 * @param words one or more
 * @param tags what is right of each, as the file has it
 */
record TaggedRow(int line, List<String> words, List<GivenLabel> tags) {
  /** A sentence; the lists are copied. */
  TaggedRow {
    words = List.copyOf(words);
    tags = List.copyOf(tags);
    if (words.isEmpty() || words.size() != tags.size()) {
      throw new IllegalArgumentException(
          "line %d: %d words, but %d tags".formatted(line, words.size(), tags.size()));
    }
  }
}
