package io.espalier.worker.stage.job;

import java.util.ArrayDeque;

/** The last lines of a stream, for an error message. */
final class Tail {
  private static final int LINES = 30;
  private static final int LINE_LENGTH = 500;

  private final ArrayDeque<String> lines = new ArrayDeque<>();

  synchronized void add(String line) {
    if (lines.size() == LINES) {
      lines.removeFirst();
    }
    lines.add(line.length() > LINE_LENGTH ? line.substring(0, LINE_LENGTH) + " ..." : line);
  }

  @Override
  public synchronized String toString() {
    return lines.isEmpty() ? "(nothing)" : String.join("\n", lines);
  }
}
