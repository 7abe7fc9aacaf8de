package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.algorithm.evaluate.BatchNormCalibration;
import io.espalier.worker.algorithm.evaluate.Batches;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.SearchSpace.Choices;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.algorithm.search.ThresholdSearch;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.tensor.Weights;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;

/**
 * FastNAS: orders the channels of each axis by importance, measures what each width of each axis
 * loses, and takes the widths that lose the least within the budget.
 *
 * <p>Source: ModelOpt 0.40, mode {@code fastnas}; {@code docs/fastnas.md} beside this module says
 * what differs and why.
 */
public final class FastNas {
  /** Changes whenever results may. */
  public static final String VERSION = "2";

  /**
   * What was found.
   *
   * @param selection the chosen widths
   * @param kept the units that stay
   * @param originalScore score of the model at hand on the scoring images
   * @param evaluations models scored for the sensitivity map, by this search or an earlier one
   * @param passes what scoring them took, in whole passes over the images
   */
  public record Outcome(
      Selection selection, Kept kept, double originalScore, int evaluations, double passes) {}

  private final Plan plan;
  private final FastNasSettings settings;
  private final ImageDataset data;

  /**
   * A search on a model.
   *
   * @param data images with labels, to score and calibrate on; better not those that the result is
   *     judged by
   */
  public FastNas(Plan plan, FastNasSettings settings, ImageDataset data) {
    this.plan = plan;
    this.settings = settings;
    this.data = data;
  }

  /** The images that BatchNorm is calibrated on. */
  public ImageDataset calibrationImages() {
    return data.drawn(settings.calibrationImages(), settings.seed());
  }

  /**
   * Searches.
   *
   * @param weights of the model at hand; stay as they are
   * @param checkpoints directory for sensitivity maps, which a later search continues or reuses
   * @throws io.espalier.worker.domain.InfeasibleException if no model is within the budget
   */
  public Outcome search(
      Weights weights, Budget budget, Path checkpoints, Progress.Listener progress) {
    budget.requireReachable(plan.space(), plan.costs());
    SensitivityMap map = measure(weights, checkpoints, progress);
    Selection selection =
        ThresholdSearch.select(plan.space(), plan.costs(), budget, map.sensitivities());
    return new Outcome(
        selection,
        new ChannelOrder(plan.architecture(), map.order()).kept(selection.widths()),
        map.originalScore(),
        map.evaluations(),
        map.passes());
  }

  /** The sensitivity map of the model: measured, continued, or found whole. */
  SensitivityMap measure(Weights weights, Path checkpoints, Progress.Listener progress) {
    String fingerprint = fingerprint();
    var store = new SensitivityStore(checkpoints);
    var images =
        new Batches(data.drawn(settings.scoreImages(), settings.seed()), settings.batchSize());
    ChannelOrder order =
        store
            .load(fingerprint)
            .map(map -> new ChannelOrder(plan.architecture(), map.order()))
            .orElseGet(() -> order(weights, images, progress));
    try (var scorer =
        new CutScorer(
            plan.family(),
            weights,
            order,
            settings.score(),
            images,
            settings.activationBytes(),
            checkpoints)) {
      List<Choices> axes =
          plan.space().axes().stream()
              .sorted(Comparator.comparing(choices -> scorer.place(choices.axis())))
              .toList();
      return new SensitivityMeasurement(axes, scorer, store, progress).measure(fingerprint, order);
    }
  }

  private ChannelOrder order(Weights weights, Batches images, Progress.Listener progress) {
    progress.report(Progress.of("ordering channels", 0, 0));
    return ChannelOrder.by(
        plan.architecture(),
        settings.importance().measure(plan.model(), plan.family(), weights, images));
  }

  /** Calibrates the BatchNorm of a model of the same family. */
  public void recalibrate(Weights weights, ImageDataset images) {
    BatchNormCalibration.recalibrate(
        plan.family(), weights, images, Math.min(settings.batchSize(), images.size()));
  }

  /** SHA-256 of everything that a sensitivity map depends on. */
  private String fingerprint() {
    var text = new StringBuilder("fastnas ").append(VERSION).append('\n');
    text.append(Manifest.of(plan.model().path()).rootDigest()).append('\n');
    text.append(data.fingerprint()).append('\n');
    text.append(
        "batch %d, images %d, seed %d, score %s, importance %s%n"
            .formatted(
                settings.batchSize(),
                settings.scoreImages(),
                settings.seed(),
                settings.score(),
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
