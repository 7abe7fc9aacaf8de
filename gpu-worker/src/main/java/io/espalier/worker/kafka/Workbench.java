package io.espalier.worker.kafka;

import io.espalier.event.StageCommand;
import io.espalier.event.StageSucceeded;
import io.espalier.worker.checkpoint.ArtifactStores;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.kafka.PreparedStage.Done;
import io.espalier.worker.stage.Folders;
import io.espalier.worker.stage.ScoreShelf;
import io.espalier.worker.stage.StageCache;
import io.espalier.worker.stage.StageResult;
import io.espalier.worker.stage.Stop;
import io.espalier.worker.stage.WarmChild;
import io.espalier.worker.stage.WorkerHome;
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
 * Carries a command out, in two steps so that the first can be done while the device is still busy
 * with another one: fetches the input and looks for a stored result; then computes in a child JVM
 * and publishes. Everything that is not published lies in a folder of the attempt's own.
 */
final class Workbench {
  private static final Logger LOGGER = LoggerFactory.getLogger(Workbench.class);

  private final WorkerHome home;
  private final StageCache cache;
  private final ScoreShelf scores;
  private final Leftovers leftovers;
  private final SlotEquipment equipment;

  /** A slot's workbench in the worker's home. */
  Workbench(WorkerHome home, SlotEquipment equipment) {
    this.home = home;
    this.cache = new StageCache(home.cache());
    this.scores = new ScoreShelf(home.scores());
    this.leftovers = new Leftovers(home.notes());
    this.equipment = equipment;
    leftovers.clear();
  }

  /** What results depend on besides the job, in words: device and threads. */
  String target() {
    return equipment.target();
  }

  /** What was published for this attempt before, if anything was. */
  Optional<StageSucceeded> finished(StageCommand command) {
    return Publication.of(command).finished();
  }

  /**
   * Does all of a command that can be done without the device.
   *
   * @throws WorkerException if the input cannot be had or is not what it should be, or a stop was
   *     requested
   */
  PreparedStage prepare(StageCommand command, Stop stop) {
    stop.check();
    Path folder = newFolder();
    try {
      StageJob job = job(command, folder);
      String inputDigest =
          Optional.ofNullable(command.getInput().getRootDigest())
              .orElseGet(() -> Manifest.of(job.input()).rootDigest());
      String version = equipment.stages().of(job.kind()).version();
      var subject =
          new PreparedStage.Subject(
              job, inputDigest, cache.key(job, version, inputDigest, target()));
      Optional<Done> stored = stored(subject, folder);
      stop.check();
      Optional<WarmChild> child =
          stored.isPresent() ? Optional.empty() : Optional.of(equipment.child().warm(folder));
      return new PreparedStage(command, folder, subject, stored, child);
    } catch (RuntimeException e) {
      Folders.delete(folder);
      throw e;
    }
  }

  /**
   * Does the work, unless a stored result is there, and publishes it. What was prepared is for the
   * caller to close.
   *
   * @throws WorkerException if there is no result, or the work was stopped before it was published
   */
  StageSucceeded perform(PreparedStage prepared, Progress.Listener progress, Stop stop) {
    StageJob job = prepared.job();
    try (var alone = home.resume(prepared.command().getResumeKey(), stop)) {
      Done done =
          prepared
              .stored()
              .or(() -> stored(prepared.subject(), prepared.folder()))
              .orElseGet(() -> compute(prepared, progress, stop));
      stop.check();
      progress.report(Progress.of("publishing", 0, 0));
      StageSucceeded success = publish(prepared.command(), job, done, prepared.folder());
      if (!done.result().cached()) {
        remember(prepared.key(), success, done.result());
      }
      Folders.delete(job.checkpoints());
      return success;
    }
  }

  private Done compute(PreparedStage prepared, Progress.Listener progress, Stop stop) {
    progress.report(Progress.of("starting", 0, 0));
    StageJob job = prepared.job();
    var scored = new ScoreShelf.Subject(prepared.inputDigest(), target());
    ScoreShelf.Loan loan = scores.lend(scored, job.checkpoints());
    StageResult result = equipment.child().run(job, prepared.child(), progress, stop);
    loan.keep();
    return new Done(job.output(), result);
  }

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

  private Optional<Done> stored(PreparedStage.Subject subject, Path folder) {
    long started = System.nanoTime();
    Optional<StageCache.Entry> entry = cache.find(subject.key());
    if (entry.isEmpty()) {
      return Optional.empty();
    }
    try {
      StageCache.Entry found = entry.get();
      // A stage that changed nothing has its input for an output, here as when it was computed.
      Path output =
          found.rootDigest().equals(subject.inputDigest())
              ? folder.resolve("unchanged")
              : ArtifactStores.of(found.artifact())
                  .fetch(found.artifact(), Optional.of(found.rootDigest()), folder);
      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started);
      return Optional.of(new Done(output, found.result().reused(millis)));
    } catch (WorkerException e) {
      LOGGER
          .atInfo()
          .setCause(e)
          .addKeyValue("key", subject.key())
          .log("stored result gone, computing anew");
      cache.forget(subject.key());
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
        home.checkpoints(command.getResumeKey()),
        data,
        command.getSeed());
  }

  private Path newFolder() {
    try {
      return Files.createTempDirectory(Files.createDirectories(home.jobs()), "job-");
    } catch (IOException e) {
      throw new UncheckedIOException("could not make a folder in " + home.jobs(), e);
    }
  }
}
