package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.algorithm.evaluate.Batches;
import io.espalier.worker.algorithm.prune.ChannelOrder;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Curve;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.algorithm.search.SearchSpace.Choices;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.algorithm.search.Solver;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * FastNAS: orders the channels of each axis by importance, measures what each width of each axis
 * loses, and takes the widths that lose the least within the budget.
 *
 * <p>Source: ModelOpt 0.40, mode {@code fastnas}; {@code docs/fastnas.md} beside this module says
 * what differs and why.
 */
public final class FastNas {
  /** Changes whenever results may. */
  public static final String VERSION = "5";

  /** Images of a step of a candidate that learns. */
  public static final int LEARNED_AT_ONCE = 64;

  private final FastNasPlan plan;
  private final FastNasSettings settings;
  private final ImageDataset data;
  private int remembered;

  /**
   * A search on a model.
   *
   * @param data images to score and calibrate on, with labels unless score and importance do
   *     without; better not those that the result is judged by
   */
  public FastNas(FastNasPlan plan, FastNasSettings settings, ImageDataset data) {
    this.plan = plan;
    this.settings = settings;
    this.data = data;
  }

  /**
   * Chooses widths.
   *
   * @param costs of the models of the space
   * @throws io.espalier.worker.domain.InfeasibleException if no model is within the budget
   */
  Selection select(SensitivityMap map, CostModel costs, Budget budget) {
    return Solver.select(plan.space(), costs, budget, map.sensitivities(), settings.objective());
  }

  /** Returns what other budgets of one quantity would lead to. */
  Curve curve(SensitivityMap map, CostModel costs, Quantity quantity) {
    return Curve.of(plan.space(), costs, quantity, map.sensitivities(), settings.objective());
  }

  /** The units that stay at widths. */
  Kept kept(SensitivityMap map, Widths widths) {
    return new ChannelOrder(plan.architecture(), map.order()).kept(widths);
  }

  /**
   * The sensitivity map of the model: measured, continued, or found whole.
   *
   * @param weights of the model at hand; stay as they are
   * @param checkpoints directory for sensitivity maps, which a later search continues or reuses
   */
  SensitivityMap measure(Weights weights, Path checkpoints, Progress.Listener progress) {
    String fingerprint = fingerprint(PyTorch.device());
    var store = new SensitivityStore(checkpoints, plan.space().axes());
    Optional<SensitivityMap> known = store.load(fingerprint);
    remembered = known.map(SensitivityMap::evaluations).orElse(0);
    var images =
        new Batches(data.drawn(settings.scoreImages(), settings.seed()), settings.batchSize());
    ChannelOrder order =
        known
            .map(map -> new ChannelOrder(plan.architecture(), map.order()))
            .orElseGet(() -> order(weights, images, progress));
    try (var scorer =
        new CutScorer(
            plan.family(),
            weights,
            order,
            new CutScorer.Scoring(settings.score(), settings.scoreAfter(), settings.seed()),
            images,
            settings.activationBytes(),
            checkpoints)) {
      List<Choices> axes =
          plan.space().axes().stream()
              .sorted(Comparator.comparing(choices -> scorer.place(choices.axis())))
              .toList();
      var measurement = new SensitivityMeasurement(axes, scorer, store, progress);
      return measurement.goOn(known.orElseGet(() -> measurement.begin(fingerprint, order)));
    }
  }

  /** Returns how many models the last map had the scores of from an earlier search. */
  int remembered() {
    return remembered;
  }

  private ChannelOrder order(Weights weights, Batches images, Progress.Listener progress) {
    progress.report(Progress.of("ordering channels", 0, 0));
    return ChannelOrder.by(
        plan.architecture(),
        settings.importance().measure(plan.model(), plan.family(), weights, images));
  }

  /**
   * SHA-256 of everything that a sensitivity map depends on.
   *
   * @param device that it is measured on, in words: others round otherwise
   */
  String fingerprint(String device) {
    var text = new StringBuilder("fastnas ").append(VERSION).append('\n');
    text.append(device).append('\n');
    text.append(plan.model().digests().forward()).append('\n');
    text.append(data.fingerprint()).append('\n');
    text.append(
        String.format(
            Locale.ROOT,
            "batch %d, images %d, seed %d, score %s after %s, importance %s\n",
            settings.batchSize(),
            settings.scoreImages(),
            settings.seed(),
            settings.score(),
            settings.scoreAfter(),
            settings.importance()));
    for (Choices choices : plan.space().axes()) {
      text.append(choices.axis().name()).append(choices.widths()).append('\n');
    }
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(text.toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }
}
