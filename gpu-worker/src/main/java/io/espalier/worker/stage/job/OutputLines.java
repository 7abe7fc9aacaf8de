package io.espalier.worker.stage.job;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Consumer;

/** The lines of a stream, of which only the first {@value #LONGEST} bytes are kept each. */
final class OutputLines {
  /** More than any line of progress has. */
  static final int LONGEST = 1 << 16;

  private static final int BUFFER_BYTES = 1 << 13;

  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private final Consumer<String> to;

  private OutputLines(Consumer<String> to) {
    this.to = to;
  }

  /** Hands on every line until the stream ends. */
  static void forEach(InputStream from, Consumer<String> to) throws IOException {
    var lines = new OutputLines(to);
    var buffer = new byte[BUFFER_BYTES];
    for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
      for (int i = 0; i < read; i++) {
        lines.add(buffer[i]);
      }
    }
    if (lines.line.size() > 0) {
      lines.end();
    }
  }

  private void add(byte next) {
    if (next == '\n') {
      end();
    } else if (next != '\r' && line.size() < LONGEST) {
      line.write(next);
    }
  }

  private void end() {
    to.accept(line.toString(UTF_8));
    line.reset();
  }
}
