package io.espalier.standalone.report;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
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
  private final boolean dated;
  private final long start = System.nanoTime();

  private @Nullable ProgressBar bar;
  private String task = "";
  private long lastLineNanos;
  private long lastDone;

  private Narration(PrintStream out, boolean terminal, boolean dated) {
    this.out = out;
    this.terminal = terminal;
    this.dated = dated;
  }

  /** Tells on standard error; draws bars if that is a terminal. */
  public static Narration toStandardError() {
    return new Narration(System.err, TerminalWidth.isTerminal(TerminalWidth.STANDARD_ERROR), false);
  }

  /** The same of events that may lie in the past: each line begins with the time of its event. */
  public static Narration ofEvents() {
    return new Narration(System.err, TerminalWidth.isTerminal(TerminalWidth.STANDARD_ERROR), true);
  }

  /** Tells in plain lines. */
  public static Narration plain(PrintStream out) {
    return new Narration(out, false, false);
  }

  /** Tells events in plain lines, each with its own time. */
  public static Narration plainEvents(PrintStream out) {
    return new Narration(out, false, true);
  }

  /** A step of its own line, with the seconds since the beginning. */
  public synchronized void say(String step) {
    say(Instant.now(), step);
  }

  /** The same of an event that happened then. */
  public synchronized void say(Instant at, String step) {
    closeBar();
    out.printf("%s  %s%n", time(at), Printable.of(step));
  }

  /**
   * Progress of a task.
   *
   * @param name of the task; another name begins another bar
   * @param done steps done
   * @param total steps in all; 0 if not known
   * @param note further words, such as the current loss; may be empty
   */
  public synchronized void progress(String name, long done, long total, String note) {
    progress(Instant.now(), new Step(name, done, total, note));
  }

  /**
   * Progress of a task.
   *
   * @param name of the task; another name begins another bar
   * @param done steps done
   * @param total steps in all; 0 if not known
   * @param note further words, such as the current loss; may be empty
   */
  public record Step(String name, long done, long total, String note) {
    private Step printable() {
      return new Step(Printable.of(name), done, total, Printable.of(note));
    }
  }

  /** Shows the progress of a task at a time. */
  public synchronized void progress(Instant at, Step step) {
    Step shown = step.printable();
    if (terminal) {
      draw(shown);
    } else {
      line(at, shown);
    }
    task = shown.name();
  }

  /** Ends the current bar, if there is one. */
  @Override
  public synchronized void close() {
    closeBar();
  }

  private void draw(Step step) {
    if (bar == null || !step.name().equals(task)) {
      closeBar();
      bar =
          new ProgressBarBuilder()
              .setTaskName(step.name())
              .setInitialMax(step.total() == 0 ? -1 : step.total())
              .setStyle(ProgressBarStyle.ASCII)
              .setMaxRenderedLength(BAR_WIDTH)
              .setConsumer(new ConsoleProgressBarConsumer(out))
              .build();
    }
    bar.stepTo(step.done());
    bar.setExtraMessage(step.note());
  }

  private void line(Instant at, Step step) {
    long done = step.done();
    long total = step.total();
    long nanos = dated ? MILLISECONDS.toNanos(at.toEpochMilli()) : System.nanoTime();
    boolean finished = total > 0 && done >= total && lastDone < total;
    boolean changed = !step.name().equals(task);
    boolean due = done != lastDone && nanos - lastLineNanos > LINE_NANOS;
    if (changed || finished || due) {
      lastDone = done;
      lastLineNanos = nanos;
      String share = total > 0 ? "%d/%d (%d %%)".formatted(done, total, 100 * done / total) : "";
      String text = "%s %s %s".formatted(step.name(), share, step.note()).strip();
      out.printf("%s    %s%n", time(at), text);
    }
  }

  private String time(Instant at) {
    return dated
        ? at.truncatedTo(ChronoUnit.SECONDS).toString()
        : "%6.1f s".formatted((System.nanoTime() - start) / 1e9);
  }

  private void closeBar() {
    if (bar != null) {
      bar.close();
      bar = null;
      task = "";
    }
  }
}
