package io.espalier.standalone.report;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Number of letters in a line of standard output that the terminal does not fold. */
public final class TerminalWidth {
  static final int STANDARD_OUTPUT = 1;
  static final int STANDARD_ERROR = 2;

  private static final Pattern SIZE = Pattern.compile("[0-9]+ ([1-9][0-9]{0,3})");
  private static final int USUAL = 80;
  private static final int WAIT_MILLIS = 500;

  private TerminalWidth() {}

  /** Returns it; empty where standard output is no terminal, and lines may be of any length. */
  public static OptionalInt ofStandardOutput() {
    if (!isTerminal(STANDARD_OUTPUT)) {
      return OptionalInt.empty();
    }
    String told = System.getenv("COLUMNS");
    return OptionalInt.of(
        told != null && told.matches("[1-9][0-9]{1,3}") ? Integer.parseInt(told) : asked());
  }

  /** Returns the columns in what {@code stty size} prints: rows and columns. */
  static int columns(String printed) {
    Matcher told = SIZE.matcher(printed.strip());
    return told.matches() ? Integer.parseInt(told.group(1)) : USUAL;
  }

  /** Returns whether a stream of this process is a terminal itself, which Java does not tell. */
  static boolean isTerminal(int descriptor) {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException unknown) {
      return false;
    }
  }

  private static int asked() {
    try {
      Process stty = new ProcessBuilder("stty", "size").redirectInput(new File("/dev/tty")).start();
      boolean answered = stty.waitFor(WAIT_MILLIS, TimeUnit.MILLISECONDS);
      return answered ? columns(new String(stty.getInputStream().readAllBytes(), US_ASCII)) : USUAL;
    } catch (IOException nobody) {
      return USUAL;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return USUAL;
    }
  }
}
