package io.espalier.worker.stage.job;

import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.checkpoint.ModelDigests;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.stage.DiskNeed;
import io.espalier.worker.stage.StageResult;
import io.espalier.worker.stage.Stop;
import io.espalier.worker.stage.prune.ScoreShelf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Stages one after another on a local directory, each in its own JVM; needs no Kafka. */
public final class LocalRun {
  /**
   * One stage to run.
   *
   * @param kind what to do
   * @param spec its parameters as JSON, keys as in the policy file
   */
  public record Step(StageKind kind, String spec) {}

  /**
   * Run request.
   *
   * @param input model directory; only read
   * @param steps stages in order
   * @param data data by role (calibration, train, eval)
   * @param seed seed of everything random
   * @param output where the last model goes; must not exist or be empty; of a link to a directory,
   *     that directory
   */
  public record Request(
      Path input, List<Step> steps, Map<String, URI> data, long seed, Path output) {
    /**
     * A request; collections are copied.
     *
     * @throws InvalidInputException if the output is a link that leads nowhere
     */
    public Request {
      output = Folders.unlinked(output);
      steps = List.copyOf(steps);
      data = Map.copyOf(data);
    }
  }

  /** Is told how far which stage is. */
  @FunctionalInterface
  public interface Listener {
    /** Takes note; {@code step} counts from 0. */
    void report(int step, StageKind kind, Progress progress);

    /** Takes note that a step begins. */
    default void begin(int step, StageKind kind) {}

    /** Takes note that a step is done, and had all of its scores from an earlier run. */
    default void reusedScores(int step) {}
  }

  private final ChildJvm child;
  private final Stages stages;
  private final Optional<ScoreShelf> scores;

  /** Runs the given stages. */
  public LocalRun(ChildJvm child, Stages stages) {
    this(child, stages, Optional.empty());
  }

  /**
   * Runs the given stages.
   *
   * @param scores where scores are kept from run to run, as they are measured: also from one that
   *     fails, is interrupted or killed
   */
  public LocalRun(ChildJvm child, Stages stages, Optional<ScoreShelf> scores) {
    this.child = child;
    this.stages = stages;
    this.scores = scores;
  }

  /**
   * Runs every step and moves the last model to the output in one step; nothing is there before. A
   * stage that leaves its output empty passes its input on; if all of them do, no output is made.
   *
   * @return one result per step
   * @throws io.espalier.worker.domain.WorkerException as {@link ChildJvm#run} throws
   */
  public List<StageResult> run(Request request, Listener listener, Stop stop) {
    stages.require(request.steps().stream().map(Step::kind).toList());
    requireFree(request.output());
    Path output = request.output();
    try (var parents = MadeParents.of(output)) {
      Path work = Files.createTempDirectory(parents.parent(), "." + output.getFileName() + "-");
      try {
        return run(request, listener, stop, work);
      } finally {
        Folders.delete(work);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("could not write " + output, e);
    }
  }

  /**
   * Names of the metrics that the steps will report; runs none of them.
   *
   * @throws InvalidInputException if a step's spec or data are bad
   */
  public Set<String> metrics(Request request) {
    Set<String> names = new LinkedHashSet<>();
    for (int i = 0; i < request.steps().size(); i++) {
      StageJob job = taught(request, job(request, i, request.input(), request.output()));
      names.addAll(stages.of(job.kind()).metrics(job));
    }
    return names;
  }

  private List<StageResult> run(Request request, Listener listener, Stop stop, Path work)
      throws IOException {
    List<StageResult> results = new ArrayList<>();
    Path model = request.input();
    for (int i = 0; i < request.steps().size(); i++) {
      int index = i;
      Step step = request.steps().get(i);
      StageJob job = taught(request, job(request, index, model, work));
      listener.begin(index, step.kind());
      results.add(run(job, listener, stop));
      model = Folders.isEmpty(job.output()) ? model : job.output();
    }
    if (!model.equals(request.input())) {
      Files.deleteIfExists(request.output());
      Files.move(model, request.output(), StandardCopyOption.ATOMIC_MOVE);
    }
    return results;
  }

  private StageResult run(StageJob job, Listener listener, Stop stop) {
    Progress.Listener progress = heard -> listener.report(job.stageIndex(), job.kind(), heard);
    if (scores.isEmpty()) {
      var beforehand = new ChildPreparation(Optional.empty(), Optional.empty(), need(job));
      return child.run(job, beforehand, progress, stop);
    }
    ModelDigests digests = Manifest.of(job.input(), stop).digests();
    var beforehand = new ChildPreparation(Optional.empty(), Optional.of(digests), need(job));
    var subject = new ScoreShelf.Subject(digests.forward(), target());
    ScoreShelf.Loan loan = scores.get().lend(subject, job.checkpoints());
    Progress.Listener keeping =
        heard -> {
          loan.keep();
          progress.report(heard);
        };
    StageResult result;
    try {
      result = child.run(job, beforehand, keeping, stop);
    } finally {
      loan.keep();
    }
    if (job.kind().equals(StageKind.PRUNE) && loan.sufficed()) {
      listener.reusedScores(job.stageIndex());
    }
    return result;
  }

  private DiskNeed need(StageJob job) {
    return stages.of(job.kind())::diskBytes;
  }

  /** Returns what scores depend on beside model and data. */
  private String target() {
    return String.format(
        Locale.ROOT,
        "%s CPU, %d threads",
        System.getProperty("os.arch"),
        child.settings().threads());
  }

  private StageJob taught(Request request, StageJob job) {
    return stages.of(job.kind()).taughtBy(request.input(), job);
  }

  private static StageJob job(Request request, int index, Path model, Path work) {
    Step step = request.steps().get(index);
    return new StageJob(
        "local",
        index,
        1,
        step.kind(),
        step.spec(),
        model,
        work.resolve("stage-" + index),
        work.resolve("checkpoints"),
        request.data(),
        request.seed());
  }

  private static void requireFree(Path output) {
    if (Files.exists(output) && !(Files.isDirectory(output) && Folders.isEmpty(output))) {
      throw new InvalidInputException(
          "the output directory %s should be new or empty, but has something in it; choose another or clear it"
              .formatted(output));
    }
  }
}
