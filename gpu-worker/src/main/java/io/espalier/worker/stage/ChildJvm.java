package io.espalier.worker.stage;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a stage in a JVM of its own: native aborts, exhausted memory and leaks end with it, and one
 * job per process keeps results reproducible.
 *
 * <p>The child ends whenever this process does, since it watches its standard input.
 */
public final class ChildJvm {
  private static final Logger LOGGER = LoggerFactory.getLogger(ChildJvm.class);
  private static final int OUT_OF_HEAP = 3;
  private static final int ABORTED = 134;
  private static final int KILLED = 137;
  private static final int SEGMENTATION_FAULT = 139;

  private final ChildSettings settings;
  private final DiskSpace space;

  /** Runs stages with these settings. */
  public ChildJvm(ChildSettings settings) {
    this(settings, new DiskSpace());
  }

  ChildJvm(ChildSettings settings, DiskSpace space) {
    this.settings = settings;
    this.space = space;
  }

  /** How the children are started. */
  public ChildSettings settings() {
    return settings;
  }

  /**
   * Checks and does a job. Blocks until it is done, has failed or was stopped, and leaves no
   * process behind.
   *
   * @param progress is told how far it is, on a thread of its own
   * @throws io.espalier.worker.domain.InvalidInputException if the stage refused its input
   * @throws io.espalier.worker.domain.InfeasibleException if no model meets the constraints
   * @throws ResourceException if there is too little disk space for it, or its process died
   * @throws StoppedException if it was stopped
   */
  public StageResult run(StageJob job, Progress.Listener progress, Stop stop) {
    stop.check();
    long started = System.nanoTime();
    Path folder = job.output().resolveSibling(job.output().getFileName() + ".child");
    Path jobFile = folder.resolve("job.json");
    try {
      Files.createDirectories(job.output());
      Files.createDirectories(job.checkpoints());
      space.require(job.input(), job.output());
      JobFile.write(jobFile, job);
      ResultFile.Success success = run(folder, jobFile, progress, stop);
      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started);
      return new StageResult(success.report(), millis, success.peakMemoryBytes(), false);
    } catch (IOException e) {
      throw new UncheckedIOException("could not start a stage in " + folder, e);
    } finally {
      Folders.delete(folder);
    }
  }

  private ResultFile.Success run(Path folder, Path jobFile, Progress.Listener progress, Stop stop)
      throws IOException {
    List<String> command = settings.command(jobFile);
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    ChildSettings.ENVIRONMENT.forEach(builder.environment()::putIfAbsent);
    Process process = builder.start();
    var tail = new Tail();
    try (var ignored = stop.onRequest(() -> kill(process))) {
      Thread out =
          pump(process.getInputStream(), "stage-output", line -> output(line, progress, tail));
      Thread err = pump(process.getErrorStream(), "stage-errors", line -> error(line, tail));
      int exit = process.waitFor();
      out.join();
      err.join();
      stop.check();
      return conclude(exit, ResultFile.of(jobFile), tail);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoppedException(
          new Stop.Request(Stop.Reason.CLOSING, "interrupted while waiting for the stage"));
    } finally {
      kill(process);
    }
  }

  private static ResultFile.Success conclude(int exit, Path result, Tail tail) {
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
          "killed from outside, usually by the kernel for want of memory; choose a pool with more memory";
      case SEGMENTATION_FAULT -> "segmentation fault in native code";
      case StageChild.ORPHANED -> "it lost its supervisor or was asked to terminate";
      default -> "unknown reason";
    };
  }

  private static void output(String line, Progress.Listener progress, Tail tail) {
    try {
      ProgressLine.parse(line).ifPresentOrElse(progress::report, () -> error(line, tail));
    } catch (RuntimeException e) { // a listener's fault must not leave the child with a full pipe
      LOGGER.atWarn().setCause(e).log("progress listener failed");
    }
  }

  private static void error(String line, Tail tail) {
    tail.add(line);
    LOGGER.atDebug().addKeyValue("line", line).log("stage says");
  }

  private static Thread pump(InputStream from, String name, Consumer<String> to) {
    var pump =
        new Thread(
            () -> {
              try (var lines = new BufferedReader(new InputStreamReader(from, UTF_8))) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                  to.accept(line);
                }
              } catch (IOException e) {
                LOGGER.atDebug().setCause(e).log("stage output closed");
              }
            },
            name);
    pump.setDaemon(true);
    pump.start();
    return pump;
  }

  private static void kill(Process process) {
    List<ProcessHandle> tree = process.descendants().toList();
    process.destroyForcibly();
    tree.forEach(ProcessHandle::destroyForcibly);
  }
}
