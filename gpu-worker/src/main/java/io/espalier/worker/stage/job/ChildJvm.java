package io.espalier.worker.stage.job;

import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.stage.Provenance;
import io.espalier.worker.stage.StageResult;
import io.espalier.worker.stage.Stop;
import io.espalier.worker.stage.StoppedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * Runs a stage in a JVM of its own: native aborts, exhausted memory and leaks end with it, and one
 * job per process keeps results reproducible. A child may be started before there is a job for it.
 *
 * <p>The child ends whenever this process does, since it watches its standard input.
 */
public final class ChildJvm {
  private final ChildSettings settings;
  private final DiskSpace space;

  /** Runs stages with these settings. */
  public ChildJvm(ChildSettings settings) {
    this(settings, new DiskSpace());
  }

  /** The same, on a disk with as much space as somebody says. */
  public ChildJvm(ChildSettings settings, DiskSpace space) {
    this.settings = settings;
    this.space = space;
  }

  /** Returns how the children are started. */
  public ChildSettings settings() {
    return settings;
  }

  /**
   * A child that loads its classes and the tensor engine and then waits for its job, for {@link
   * #run(StageJob, ChildPreparation, Progress.Listener, Stop)} or for the caller to close. Returns
   * at once.
   *
   * @param folder where it starts and leaves a report if it crashes; must exist
   * @throws ResourceException if no process can be started
   */
  public WarmChild warm(Path folder) {
    return start(folder, StageChild.Start.WARM);
  }

  /** Checks and does a job in a child of its own. */
  public StageResult run(StageJob job, Progress.Listener progress, Stop stop) {
    return run(job, ChildPreparation.NONE, progress, stop);
  }

  /**
   * Checks and does a job. Blocks until it is done, has failed or was stopped, and leaves no
   * process behind.
   *
   * @param prepared a child in it ends with the job; another one is started if it has died
   * @param progress is told how far it is, on a thread of its own
   * @throws io.espalier.worker.domain.InvalidInputException if the stage refused its input
   * @throws io.espalier.worker.domain.InfeasibleException if no model meets the constraints
   * @throws ResourceException if there is too little disk space for it, or its process died
   * @throws StoppedException if it was stopped
   */
  public StageResult run(
      StageJob job, ChildPreparation prepared, Progress.Listener progress, Stop stop) {
    stop.check();
    long started = System.nanoTime();
    Path folder = job.output().resolveSibling(job.output().getFileName() + ".child");
    Path jobFile = folder.resolve("job.json");
    try {
      Files.createDirectories(job.output());
      Files.createDirectories(job.checkpoints());
      space.require(job, prepared.need(), job.output());
      Provenance.of(job.input()); // refused now, not after the work that would add to it
      JobFile.write(jobFile, job, prepared.input());
      try (WarmChild child =
          prepared
              .child()
              .filter(WarmChild::isWaiting)
              .orElseGet(() -> start(folder, StageChild.Start.COLD))) {
        ResultFile.Success success = child.run(jobFile, progress, stop);
        return result(success, started, child.millisToBegin(started));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("could not start a stage in " + folder, e);
    } finally {
      Folders.delete(folder);
    }
  }

  private static StageResult result(
      ResultFile.Success success, long startedNanos, OptionalLong millisToBegin) {
    return new StageResult(
        success.report(),
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startedNanos),
        millisToBegin.orElse(0),
        success.peakMemoryBytes(),
        false);
  }

  private WarmChild start(Path folder, StageChild.Start how) {
    ProcessBuilder builder =
        new ProcessBuilder(settings.command(folder, how)).directory(folder.toFile());
    builder.environment().clear();
    builder.environment().putAll(ChildEnvironment.of(System.getenv(), settings.environment()));
    return WarmChild.start(builder);
  }
}
