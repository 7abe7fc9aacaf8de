package io.espalier.worker.kafka;

import io.espalier.event.StageCommand;
import io.espalier.event.StageSucceeded;
import io.espalier.worker.checkpoint.ArtifactStores;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.stage.ChildJvm;
import io.espalier.worker.stage.Folders;
import io.espalier.worker.stage.ScoreShelf;
import io.espalier.worker.stage.StageCache;
import io.espalier.worker.stage.StageResult;
import io.espalier.worker.stage.Stages;
import io.espalier.worker.stage.Stop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries a command out: fetches the input, looks for a stored result, else computes in a child
 * JVM, publishes. Everything that is not published lies in a folder of the attempt's own.
 */
final class Workbench {
  private static final Logger LOGGER = LoggerFactory.getLogger(Workbench.class);

  private final Path jobs;
  private final Path checkpoints;
  private final StageCache cache;
  private final ScoreShelf scores;
  private final Leftovers leftovers;
  private final ChildJvm child;
  private final Stages stages;
  private final String target;

  /**
   * A workbench.
   *
   * @param folder the worker's own
   * @param identity whose jobs these are; what it left behind in an earlier life is cleared away
   */
  Workbench(Path folder, WorkerIdentity identity, ChildJvm child, Stages stages) {
    this.jobs = folder.resolve("jobs").resolve(identity.workerId());
    this.checkpoints = folder.resolve("checkpoints");
    this.cache = new StageCache(folder.resolve("cache"));
    this.scores = new ScoreShelf(folder.resolve("scores"));
    this.leftovers = new Leftovers(folder.resolve("publishing"));
    this.child = child;
    this.stages = stages;
    this.target = identity.target();
    Folders.delete(jobs);
    leftovers.clear();
  }

  /** What results depend on besides the job, in words: device and threads. */
  String target() {
    return target;
  }

  /** What was published for this attempt before, if anything was. */
  Optional<StageSucceeded> finished(StageCommand command) {
    return Publication.of(command).finished();
  }

  /**
   * Does the work and publishes it.
   *
   * @throws WorkerException if there is no result, or the work was stopped before it was published
   */
  StageSucceeded perform(StageCommand command, Progress.Listener progress, Stop stop) {
    Path folder = newFolder();
    try {
      progress.report(Progress.of("fetching", 0, 0));
      StageJob job = job(command, folder);
      String inputDigest =
          Optional.ofNullable(command.getInput().getRootDigest())
              .orElseGet(() -> Manifest.of(job.input()).rootDigest());
      String key = cache.key(job, stages.of(job.kind()).version(), inputDigest, target);
      Done done =
          stored(key, inputDigest, folder)
              .orElseGet(() -> compute(job, inputDigest, progress, stop));
      stop.check();
      progress.report(Progress.of("publishing", 0, 0));
      StageSucceeded success = publish(command, job, done, folder);
      if (!done.result().cached()) {
        remember(key, success, done.result());
      }
      Folders.delete(job.checkpoints());
      return success;
    } finally {
      Folders.delete(folder);
    }
  }

  private Done compute(StageJob job, String inputDigest, Progress.Listener progress, Stop stop) {
    progress.report(Progress.of("starting", 0, 0));
    var subject = new ScoreShelf.Subject(inputDigest, target);
    ScoreShelf.Loan loan = scores.lend(subject, job.checkpoints());
    StageResult result = child.run(job, progress, stop);
    loan.keep();
    return new Done(job.output(), result);
  }

  /** A result and where its output lies; the output is empty if the stage changed nothing. */
  private record Done(Path output, StageResult result) {}

  private StageSucceeded publish(StageCommand command, StageJob job, Done done, Path folder) {
    Path note = leftovers.note(URI.create(command.getOutputUri()));
    try {
      return published(command, job, done, folder);
    } finally {
      leftovers.done(note);
    }
  }

  private static StageSucceeded published(
      StageCommand command, StageJob job, Done done, Path folder) {
    Path output = Folders.isEmpty(done.output()) ? job.input() : done.output();
    Publication publication = Publication.of(command);
    return output.equals(job.input())
        ? publication.publishUnchanged(Manifest.of(job.input()), done.result(), folder)
        : publication.publish(output, done.result(), folder);
  }

  private Optional<Done> stored(String key, String inputDigest, Path folder) {
    long started = System.nanoTime();
    Optional<StageCache.Entry> entry = cache.find(key);
    if (entry.isEmpty()) {
      return Optional.empty();
    }
    try {
      StageCache.Entry found = entry.get();
      // A stage that changed nothing has its input for an output, here as when it was computed.
      Path output =
          found.rootDigest().equals(inputDigest)
              ? folder.resolve("unchanged")
              : ArtifactStores.of(found.artifact())
                  .fetch(found.artifact(), Optional.of(found.rootDigest()), folder);
      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started);
      return Optional.of(new Done(output, found.result().reused(millis)));
    } catch (WorkerException e) {
      LOGGER.atInfo().setCause(e).addKeyValue("key", key).log("stored result gone, computing anew");
      cache.forget(key);
      return Optional.empty();
    }
  }

  private void remember(String key, StageSucceeded success, StageResult result) {
    URI artifact = URI.create(success.getOutput().getUri());
    cache.remember(
        key, new StageCache.Entry(artifact, success.getOutput().getRootDigest(), result));
  }

  private StageJob job(StageCommand command, Path folder) {
    URI input = URI.create(command.getInput().getUri());
    Path local =
        ArtifactStores.of(input)
            .fetch(
                input,
                Optional.ofNullable(command.getInput().getRootDigest()),
                folder.resolve("input"));
    Map<String, URI> data = new TreeMap<>();
    command.getData().forEach((role, uri) -> data.put(role, URI.create(uri)));
    return new StageJob(
        command.getRunId(),
        command.getStageIndex(),
        command.getAttempt(),
        EventMapping.kind(command.getKind()),
        command.getSpec(),
        local,
        folder.resolve("output"),
        checkpoints.resolve(command.getResumeKey().replaceAll("[^A-Za-z0-9_-]", "_")),
        data,
        command.getSeed());
  }

  private Path newFolder() {
    try {
      return Files.createTempDirectory(Files.createDirectories(jobs), "job-");
    } catch (IOException e) {
      throw new UncheckedIOException("could not make a folder in " + jobs, e);
    }
  }
}
