package io.espalier.standalone.report;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * Tells on standard error what goes on: a line per step, and how far the current one is, as a bar
 * on a terminal and as plain lines elsewhere.
 */
public final class Narration implements AutoCloseable {
  private static final int BAR_WIDTH = 100;
  private static final long LINE_NANOS = Duration.ofSeconds(5).toNanos();

  private final PrintStream out;
  private final boolean terminal;
  private final long start = System.nanoTime();

  private @Nullable ProgressBar bar;
  private String task = "";
  private long lastLine;
  private long lastDone;

  private Narration(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  /** Tells on standard error; draws bars if that is a terminal. */
  public static Narration toStandardError() {
    return new Narration(System.err, isTerminal());
  }

  /** Tells in plain lines. */
  public static Narration plain(PrintStream out) {
    return new Narration(out, false);
  }

  /** A step of its own line, with the seconds since the beginning. */
  public synchronized void say(String step) {
    closeBar();
    out.printf("%6.1f s  %s%n", (System.nanoTime() - start) / 1e9, Printable.of(step));
  }

  /**
   * How far a task is.
   *
   * @param name of the task; another name begins another bar
   * @param done steps done
   * @param total steps in all; 0 if not known
   * @param note further words, such as the current loss; may be empty
   */
  public synchronized void progress(String name, long done, long total, String note) {
    String shown = Printable.of(name);
    if (terminal) {
      draw(shown, done, total, Printable.of(note));
    } else {
      line(shown, done, total, Printable.of(note));
    }
    task = shown;
  }

  /** Ends the current bar, if there is one. */
  @Override
  public synchronized void close() {
    closeBar();
  }

  /** Whether standard error itself is a terminal, which Java does not tell. */
  private static boolean isTerminal() {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException unknown) {
      return false;
    }
  }

  private void draw(String name, long done, long total, String note) {
    if (bar == null || !name.equals(task)) {
      closeBar();
      bar =
          new ProgressBarBuilder()
              .setTaskName(name)
              .setInitialMax(total == 0 ? -1 : total)
              .setStyle(ProgressBarStyle.ASCII)
              .setMaxRenderedLength(BAR_WIDTH)
              .setConsumer(new ConsoleProgressBarConsumer(out))
              .build();
    }
    bar.stepTo(done);
    bar.setExtraMessage(note);
  }

  private void line(String name, long done, long total, String note) {
    boolean finished = total > 0 && done >= total && lastDone < total;
    boolean changed = !name.equals(task);
    boolean due = done != lastDone && System.nanoTime() - lastLine > LINE_NANOS;
    if (changed || finished || due) {
      lastDone = done;
      lastLine = System.nanoTime();
      String share = total > 0 ? "%d/%d (%d %%)".formatted(done, total, 100 * done / total) : "";
      String text = "%s %s %s".formatted(name, share, note).strip();
      out.printf("%6.1f s    %s%n", (lastLine - start) / 1e9, text);
    }
  }

  private void closeBar() {
    if (bar != null) {
      bar.close();
      bar = null;
      task = "";
    }
  }
}
