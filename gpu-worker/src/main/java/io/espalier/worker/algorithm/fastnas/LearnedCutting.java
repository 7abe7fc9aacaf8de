package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.algorithm.distill.DistillationObjective;
import io.espalier.worker.algorithm.distill.DistillationSettings;
import io.espalier.worker.algorithm.distill.ImageSamples;
import io.espalier.worker.algorithm.distill.OutputLoss;
import io.espalier.worker.algorithm.distill.OutputSettings;
import io.espalier.worker.algorithm.distill.Teacher;
import io.espalier.worker.algorithm.prune.CandidateScores;
import io.espalier.worker.algorithm.prune.WidthCutting;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.algorithm.search.WidthCandidates;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.algorithm.train.Augmentation;
import io.espalier.worker.algorithm.train.ComparedHeldOut;
import io.espalier.worker.algorithm.train.LearningRate;
import io.espalier.worker.algorithm.train.OptimizerSettings;
import io.espalier.worker.algorithm.train.Trainer;
import io.espalier.worker.algorithm.train.TrainingBudget;
import io.espalier.worker.algorithm.train.TrainingSettings;
import io.espalier.worker.checkpoint.FileTree;
import io.espalier.worker.data.Fingerprint;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Cuts by a sensitivity map, and chooses among several candidates the one that is best once it has
 * learned from the model for some steps. Each is cut, reconstructed or calibrated as the result is,
 * trained to say what the model says, and judged by its loss, or where images have no classes by
 * agreement, on images that it did not learn from. The trained weights are thrown away.
 */
final class LearnedCutting implements WidthCutting<FastNasPlan> {
  private static final int ROUNDS = 10;
  private static final double LEARNING_RATE = 0.01;

  private final SensitivityCutting cutting;
  private final FastNasSettings settings;
  private final Weights original;
  private final CutCompletion completion;
  private final ImageDataset learned;
  private final ImageDataset heldOut;
  private final Path directory;
  private final Progress.Listener progress;
  private final CandidateScores known;
  private final Map<Widths, TriedWidths> tried = new LinkedHashMap<>();

  /**
   * Cutting with trials.
   *
   * @param settings say for how many steps candidates learn
   * @param original weights of the model, which candidates learn from
   * @param search images, of which every tenth is held out
   * @param checkpoints directory for the candidate that is tried
   */
  LearnedCutting(
      SensitivityCutting cutting,
      FastNasSettings settings,
      Weights original,
      CutCompletion completion,
      ImageDataset search,
      Path checkpoints,
      Progress.Listener progress) {
    this.cutting = cutting;
    this.settings = settings;
    this.original = original;
    this.completion = completion;
    int some = Math.max(1, search.size() / ROUNDS);
    this.learned = search.withoutDrawn(some, settings.seed());
    this.heldOut = search.drawn(some, settings.seed());
    this.directory = checkpoints.resolve("candidate");
    this.known =
        new CandidateScores(
            checkpoints,
            "fastnas-learned",
            new Fingerprint()
                .add("learned widths 1")
                .add(cutting.map().fingerprint())
                .add(search.fingerprint())
                .add(settings.toString()));
    this.progress = progress;
  }

  /** All candidates that were tried, in the order of trial. */
  List<TriedWidths> tried() {
    return List.copyOf(tried.values());
  }

  @Override
  public Selection select(Budget budget) {
    List<Selection> candidates =
        new WidthCandidates(
                cutting.plan().space(), cutting.plan().costs(), cutting.map().sensitivities())
            .within(budget, settings.objective());
    Selection best = candidates.get(0);
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < candidates.size(); i++) {
      Selection candidate = candidates.get(i);
      String phase = "training candidate %d of %d".formatted(i + 1, candidates.size());
      double loss = known.of(candidate.widths().units().toString(), () -> loss(candidate, phase));
      tried.putIfAbsent(candidate.widths(), new TriedWidths(candidate, loss));
      if (loss < least) {
        least = loss;
        best = candidate;
      }
    }
    return best;
  }

  private double loss(Selection candidate, String phase) {
    FileTree.makeEmpty(directory);
    try {
      Kept kept = kept(candidate.widths());
      FastNasPlan cut = cut(kept, directory);
      completion.complete(cut, kept);
      return learn(cut, phase);
    } finally {
      FileTree.remove(directory);
    }
  }

  private double learn(FastNasPlan cut, String phase) {
    FastNasPlan whole = cutting.plan();
    try (Weights weights = Weights.load(cut.model(), cut.architecture())) {
      new Trainer(training())
          .train(
              weights,
              DistillationObjective.ofImages(
                  cut.family(),
                  weights,
                  new Teacher<VisionFamily>(whole.family(), original, whole.model().rootDigest()),
                  new ImageSamples(learned, Augmentation.CIFAR),
                  DistillationSettings.of(OutputSettings.of(OutputLoss.FORWARD_KL, 2))),
              told ->
                  progress.report(new Progress(phase, told.done(), told.total(), told.values())));
      var judged =
          ComparedHeldOut.ofImages(
                  cut.family(), heldOut, whole.family(), original, Progress.Listener.NONE)
              .judge(weights)
              .finest();
      return judged.higherIsBetter() ? 1 - judged.value() : judged.value();
    }
  }

  private TrainingSettings training() {
    return new TrainingSettings(
        TrainingBudget.ofSteps(settings.rankAfter().orElseThrow()),
        TrainingSettings.Steps.of(FastNas.LEARNED_AT_ONCE),
        new OptimizerSettings.Sgd(0.9, true, 5e-4),
        new LearningRate(LearningRate.Schedule.COSINE, LEARNING_RATE, 0.05),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        settings.seed());
  }

  @Override
  public Kept kept(Widths widths) {
    return cutting.kept(widths);
  }

  @Override
  public FastNasPlan cut(Kept kept, Path output) {
    return cutting.cut(kept, output);
  }
}
