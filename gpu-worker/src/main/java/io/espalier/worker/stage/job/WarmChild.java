package io.espalier.worker.stage.job;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.stage.Stop;
import io.espalier.worker.stage.StoppedException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A stage's JVM that waits for its job. It does one job and ends; closed before that, it ends
 * without.
 */
public final class WarmChild implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(WarmChild.class);

  /** Less than a worker that is shutting down waits for its stages. */
  private static final long GRACE_MILLIS = 2_000;

  private static final int OUT_OF_HEAP = 3;
  private static final int ABORTED = 134;
  private static final int KILLED = 137;
  private static final int SEGMENTATION_FAULT = 139;

  private final Process process;
  private final Tail tail = new Tail();
  private final Thread out;
  private final Thread err;
  private volatile Progress.Listener listener = Progress.Listener.NONE;
  private volatile long begunNanos;
  private volatile boolean begun;

  private WarmChild(Process process) {
    this.process = process;
    out = pump(process.getInputStream(), "stage-output", this::output);
    err = pump(process.getErrorStream(), "stage-errors", this::error);
  }

  static WarmChild start(ProcessBuilder builder) {
    try {
      return new WarmChild(builder.start());
    } catch (IOException e) {
      throw new ResourceException(
          "could not start a process for a stage: %s. Look at the memory and the process limits of this machine."
              .formatted(e.getMessage()),
          e);
    }
  }

  /** Returns whether it can still be given its job. */
  boolean isWaiting() {
    return process.isAlive() && !begun;
  }

  /**
   * Has it do its job. Blocks until it has ended.
   *
   * @throws io.espalier.worker.domain.WorkerException the failure of the stage
   * @throws StoppedException if it was stopped
   */
  ResultFile.Success run(Path jobFile, Progress.Listener progress, Stop stop) {
    listener = progress;
    try (var ignored = stop.onRequest(() -> end(stop))) {
      give(jobFile);
      int exit = process.waitFor();
      kill(); // what it left behind would keep its output open
      out.join();
      err.join();
      stop.check();
      return conclude(exit, ResultFile.of(jobFile));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoppedException(
          new Stop.Request(Stop.Reason.CLOSING, "interrupted while waiting for the stage"));
    } finally {
      close();
    }
  }

  /** Time from a moment until it began its job, in milliseconds; empty if it never did. */
  OptionalLong millisToBegin(long sinceNanos) {
    return begun
        ? OptionalLong.of(TimeUnit.NANOSECONDS.toMillis(Math.max(0, begunNanos - sinceNanos)))
        : OptionalLong.empty();
  }

  /** Its process id. */
  long pid() {
    return process.pid();
  }

  /** Returns what it said last, on standard error or besides the protocol. */
  String lastWords() {
    return tail.toString();
  }

  /** Ends the process and all that it started. */
  @Override
  public void close() {
    kill();
  }

  /** Leaves standard input open, whose end would end the child. */
  private void give(Path jobFile) {
    try {
      var in = process.getOutputStream();
      in.write((jobFile.toUri() + "\n").getBytes(UTF_8));
      in.flush();
    } catch (IOException e) {
      LOGGER.atDebug().setCause(e).log("stage ended before it had its job");
    }
  }

  private ResultFile.Success conclude(int exit, Path result) {
    if (Files.isRegularFile(result)) {
      return ResultFile.read(result);
    }
    throw new ResourceException(
        "the stage's process ended without a result, exit code %d: %s. Its last words:%n%s"
            .formatted(exit, meaning(exit), tail),
        null);
  }

  private static String meaning(int exit) {
    return switch (exit) {
      case OUT_OF_HEAP -> "Java heap exhausted; give stages more heap";
      case ABORTED -> "aborted by native code";
      case KILLED ->
          "killed from outside, usually by the kernel for want of memory; choose a pool with more"
              + " memory";
      case SEGMENTATION_FAULT -> "segmentation fault in native code";
      case StageChild.ORPHANED -> "it lost its supervisor or was asked to terminate";
      default -> "unknown reason";
    };
  }

  private void output(String line) {
    if (line.equals(StageChild.BEGUN)) {
      begunNanos = System.nanoTime();
      begun = true;
      return;
    }
    try {
      ProgressLine.parse(line).ifPresentOrElse(listener::report, () -> error(line));
    } catch (RuntimeException e) { // a listener's fault must not leave the child with a full pipe
      LOGGER.atWarn().setCause(e).log("progress listener failed");
    }
  }

  private void error(String line) {
    tail.add(line);
    LOGGER.atDebug().addKeyValue("line", line).log("stage says");
  }

  private static Thread pump(InputStream from, String name, Consumer<String> to) {
    var pump =
        new Thread(
            () -> {
              try (from) {
                OutputLines.forEach(from, to);
              } catch (IOException e) {
                LOGGER.atDebug().setCause(e).log("stage output closed");
              }
            },
            name);
    pump.setDaemon(true);
    pump.start();
    return pump;
  }

  /**
   * Ends the process: at once, unless it may keep its state for whoever repeats the job, since only
   * this worker ends; it then has a short time for that.
   */
  private void end(Stop stop) {
    boolean gently =
        stop.requested().filter(asked -> asked.reason() == Stop.Reason.CLOSING).isPresent();
    if (!gently) {
      kill();
      return;
    }
    process.toHandle().destroy();
    CompletableFuture.delayedExecutor(GRACE_MILLIS, TimeUnit.MILLISECONDS)
        .execute(
            () -> {
              if (process.isAlive()) {
                kill();
              }
            });
  }

  private void kill() {
    List<ProcessHandle> tree = process.descendants().toList();
    ProcessGroup.kill(process.pid());
    process.destroyForcibly();
    tree.forEach(ProcessHandle::destroyForcibly);
  }
}
