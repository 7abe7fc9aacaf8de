package io.espalier.worker.data.text;

import java.util.Optional;

/**
 * A text of a file.
 *
 * @param line where it begins in the file, from 1
 * @param pair a text that belongs to it
 * @param label what is right, as the file has it
 */
record TextRow(int line, String text, Optional<String> pair, Optional<GivenLabel> label) {
  /** A text alone. */
  static TextRow of(int line, String text) {
    return new TextRow(line, text, Optional.empty(), Optional.empty());
  }
}
