package io.espalier.worker.kafka.work;

import io.espalier.event.Artifact;
import io.espalier.event.StageCommand;
import io.espalier.event.StageSucceeded;
import io.espalier.gate.BudgetForecast;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.checkpoint.ModelDigests;
import io.espalier.worker.checkpoint.store.ArtifactStores;
import io.espalier.worker.checkpoint.store.ContentPin;
import io.espalier.worker.checkpoint.store.Draft;
import io.espalier.worker.checkpoint.store.StoreMarker;
import io.espalier.worker.checkpoint.store.StoreUnavailableException;
import io.espalier.worker.checkpoint.store.VerifiedInputs;
import io.espalier.worker.checkpoint.surgery.WrittenDigests;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.kafka.record.EventMapping;
import io.espalier.worker.kafka.record.GateMapping;
import io.espalier.worker.kafka.work.PreparedStage.Done;
import io.espalier.worker.stage.RunOrigin;
import io.espalier.worker.stage.RunReports;
import io.espalier.worker.stage.Stage;
import io.espalier.worker.stage.StageResult;
import io.espalier.worker.stage.Stop;
import io.espalier.worker.stage.job.ChildPreparation;
import io.espalier.worker.stage.job.DiskSpace;
import io.espalier.worker.stage.job.Folders;
import io.espalier.worker.stage.job.StageCache;
import io.espalier.worker.stage.job.WarmChild;
import io.espalier.worker.stage.job.WorkerHome;
import io.espalier.worker.stage.prune.ScoreShelf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
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
public final class StageRunner {
  private static final Logger LOGGER = LoggerFactory.getLogger(StageRunner.class);

  private final WorkerHome home;
  private final StageInputs inputs;
  private final StageCache cache;
  private final ScoreShelf scores;
  private final LeftoverSweep leftovers;
  private final SlotEquipment equipment;
  private final DiskSpace space;
  private final RunReports reports = new RunReports(InstantSource.system());

  /** A slot's workbench in the worker's home. */
  public StageRunner(WorkerHome home, InputRules rules, SlotEquipment equipment) {
    this(home, rules, equipment, new DiskSpace());
  }

  public StageRunner(WorkerHome home, InputRules rules, SlotEquipment equipment, DiskSpace space) {
    this.home = home;
    this.inputs = new StageInputs(rules, home.cache().resolve("inputs"));
    this.cache = new StageCache(home.cache());
    this.scores = new ScoreShelf(home.scores());
    this.leftovers = new LeftoverSweep(home);
    this.equipment = equipment;
    this.space = space;
  }

  /** Returns what results depend on besides the job, in words: device and threads. */
  public String target() {
    return equipment.target();
  }

  /**
   * Returns what was published for this attempt before, if anything was.
   *
   * @throws WorkerException if the store cannot be read
   */
  public Optional<StageSucceeded> finished(StageCommand command, Stop stop) {
    store(command);
    return ArtifactPublication.of(command, stop).finished();
  }

  /**
   * Does all of a command that can be done without the device.
   *
   * @throws WorkerException if the input cannot be had or is not what it should be, the store
   *     cannot take the output, or a stop was requested
   */
  public PreparedStage prepare(StageCommand command, Stop stop) {
    stop.check();
    Path store = store(command);
    leftovers.remember(store);
    Path folder = newFolder();
    try {
      StageInputs.Found found = inputs.find(command, folder.resolve("input"), stop);
      space.requireInStore(found.model().listing().bytes(), store);
      if (command.getStageIndex() == 0) {
        IntermediateArtifacts.keep(found.model().directory());
      }
      PreparedStage.Subject subject = subject(command, found, folder, stop);
      Optional<Done> stored = stored(subject, folder, stop);
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
  public StageSucceeded perform(PreparedStage prepared, Progress.Listener progress, Stop stop) {
    PreparedStage.Subject subject = prepared.subject();
    try (var alone = home.resume(prepared.command().getResumeKey(), stop)) {
      Done done =
          prepared
              .stored()
              .or(() -> stored(subject, prepared.folder(), stop))
              .orElseGet(() -> compute(prepared, progress, stop));
      stop.check();
      progress.report(Progress.of("publishing", 0, 0));
      StageSucceeded success = publish(prepared, done, stop);
      if (!done.result().cached()) {
        remember(subject.key(), success, done.result());
      }
      Folders.delete(subject.job().checkpoints());
      return success;
    }
  }

  private Path store(StageCommand command) {
    URI output = URI.create(command.getOutputUri());
    try {
      return StoreMarker.require(output);
    } catch (StoreUnavailableException e) {
      home.missedStores().note(output);
      throw e;
    }
  }

  private Done compute(PreparedStage prepared, Progress.Listener progress, Stop stop) {
    progress.report(Progress.of("starting", 0, 0));
    StageJob job = prepared.subject().job();
    ModelDigests input = prepared.subject().inputs().model().manifest().digests();
    var scored = new ScoreShelf.Subject(input.forward(), target());
    ScoreShelf.Loan loan = scores.lend(scored, job.checkpoints());
    Stage stage = equipment.stages().of(job.kind());
    var beforehand = new ChildPreparation(prepared.child(), Optional.of(input), stage::diskBytes);
    StageResult result = equipment.child().run(job, beforehand, progress, stop);
    inputs.requireUnchanged(prepared.subject().inputs(), stop);
    loan.keep();
    progress.report(Progress.of("publishing", 0, 0));
    Path output = job.output();
    return new Done(
        Folders.isEmpty(output)
            ? Optional.empty()
            : Optional.of(
                Draft.toMove(output, Manifest.of(output, WrittenDigests.of(output), stop))),
        result);
  }

  private StageSucceeded publish(PreparedStage prepared, Done done, Stop stop) {
    ArtifactPublication publication = ArtifactPublication.of(prepared.command(), stop);
    if (done.output().isEmpty()) {
      VerifiedInputs.Verified input = prepared.subject().inputs().model();
      return publication.publishUnchanged(input, done.result(), prepared.folder());
    }
    Reported reported = reported(prepared, done.output().get(), done.result().report());
    var told = new ArtifactPublication.Told(done.result(), reported.forecast());
    return publication.publish(reported.output(), told, prepared.folder());
  }

  /**
   * An output whose reports say which run it is of.
   *
   * @param forecast the budget that is foretold to pass the run's gates, if the output does not
   */
  private record Reported(Draft output, Optional<BudgetForecast> forecast) {}

  private Reported reported(PreparedStage prepared, Draft output, StageReport report) {
    StageCommand command = prepared.command();
    var origin =
        new RunOrigin(
            command.getModelName(),
            command.getModelVersion(),
            command.getPolicyName(),
            command.getPolicyGeneration(),
            GateMapping.gates(command),
            prepared.subject().job());
    if (output.movable()) {
      return new Reported(
          output, reports.complete(output.directory(), origin, report, output.manifest()));
    }
    Path copies = prepared.folder().resolve("reports");
    Optional<BudgetForecast> forecast = reports.completeCopies(output, copies, origin, report);
    return new Reported(Draft.toCopy(output.directory(), output.manifest(), copies), forecast);
  }

  private Optional<Done> stored(PreparedStage.Subject subject, Path folder, Stop stop) {
    long started = System.nanoTime();
    Optional<StageCache.Entry> entry = cache.find(subject.key());
    if (entry.isEmpty()) {
      return Optional.empty();
    }
    try {
      Optional<Draft> output = output(entry.get(), subject, folder, stop);
      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - started);
      return Optional.of(new Done(output, entry.get().result().reused(millis)));
    } catch (InvalidInputException e) {
      LOGGER
          .atInfo()
          .setCause(e)
          .addKeyValue("key", subject.key())
          .log("stored result changed, computing anew");
      cache.forget(subject.key());
    } catch (ResourceException e) {
      LOGGER
          .atInfo()
          .setCause(e)
          .addKeyValue("key", subject.key())
          .log("stored result cannot be read, computing anew");
    }
    return Optional.empty();
  }

  /** A stage that changed nothing has its input for an output, here as when it was computed. */
  private Optional<Draft> output(
      StageCache.Entry entry, PreparedStage.Subject subject, Path folder, Stop stop) {
    if (entry.content().root().equals(Optional.of(subject.inputDigest()))) {
      return Optional.empty();
    }
    URI artifact = entry.artifact();
    Path directory = ArtifactStores.of(artifact).fetch(artifact, folder.resolve("stored"), stop);
    VerifiedInputs.Verified found = inputs.verify(directory, entry.content(), stop);
    return Optional.of(Draft.toCopy(found.directory(), found.manifest()));
  }

  private void remember(String key, StageSucceeded success, StageResult result) {
    Artifact output = success.getOutput();
    var content = ContentPin.of(output.getRootDigest(), output.getListingDigest());
    cache.remember(key, new StageCache.Entry(URI.create(output.getUri()), content, result));
  }

  private PreparedStage.Subject subject(
      StageCommand command, StageInputs.Found found, Path folder, Stop stop) {
    StageJob job =
        job(command, found.model().directory(), folder.resolve("output"))
            .with(found.referenceDirectories());
    equipment.stages().of(job.kind()).requireReferences(job);
    var circumstances =
        new StageCache.Circumstances(
            equipment.stages().of(job.kind()).version(),
            found.model().manifest().listingDigest(),
            found.referenceDigests(),
            target(),
            found.data());
    return new PreparedStage.Subject(job, found, cache.key(job, circumstances, stop));
  }

  private StageJob job(StageCommand command, Path input, Path output) {
    Map<String, URI> data = new TreeMap<>();
    command.getData().forEach((role, uri) -> data.put(role, URI.create(uri)));
    return new StageJob(
        command.getRunId(),
        command.getStageIndex(),
        command.getAttempt(),
        EventMapping.kind(command),
        command.getSpec(),
        input,
        output,
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
