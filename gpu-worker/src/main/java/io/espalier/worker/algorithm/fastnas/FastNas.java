package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.algorithm.evaluate.BatchNormCalibration;
import io.espalier.worker.algorithm.evaluate.Evaluation;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Objective;
import io.espalier.worker.algorithm.search.SearchSpace.Choices;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.algorithm.search.Solver;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.tensor.Weights;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

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
   */
  public record Outcome(Selection selection, Kept kept, double originalScore, int evaluations) {}

  private final Plan plan;
  private final FastNasSettings settings;
  private final ImageDataset data;
  private final ChannelOrder order;

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
    this.order =
        new ChannelOrder(
            plan.architecture(), ConsumerNorms.importance(plan.architecture(), plan.model()::read));
  }

  /** The images that BatchNorm is calibrated on. */
  public ImageDataset calibrationImages() {
    return data.drawn(settings.calibrationImages(), settings.seed());
  }

  /**
   * Searches. The weights' BatchNorm statistics are calibrated in place.
   *
   * @param weights of the model at hand
   * @param checkpoints directory for sensitivity maps, which a later search continues or reuses
   * @throws io.espalier.worker.domain.InfeasibleException if no model is within the budget
   */
  public Outcome search(
      Weights weights, Budget budget, Path checkpoints, Progress.Listener progress) {
    budget.requireReachable(plan.space(), plan.costs());
    recalibrate(weights, calibrationImages());
    var measurement =
        new SensitivityMeasurement(
            plan.space(),
            widths -> score(weights, widths),
            new SensitivityStore(checkpoints),
            progress);
    SensitivityMap map = measurement.measure(fingerprint());
    Selection selection =
        Solver.select(plan.space(), plan.costs(), budget, map.sensitivities(), Objective.SUM);
    return new Outcome(
        selection, order.kept(selection.widths()), map.originalScore(), map.evaluations());
  }

  /** Calibrates the BatchNorm of a model of the same family. */
  public void recalibrate(Weights weights, ImageDataset images) {
    BatchNormCalibration.recalibrate(
        plan.family(), weights, images, Math.min(settings.batchSize(), images.size()));
  }

  private double score(Weights weights, Widths widths) {
    ImageDataset images = data.drawn(settings.scoreImages(), settings.seed());
    try (Weights cut = weights.keep(order.kept(widths))) {
      recalibrate(cut, images);
      Evaluation.Quality quality =
          Evaluation.quality(
              plan.family(), cut, images, settings.batchSize(), Progress.Listener.NONE);
      return switch (settings.score()) {
        case ACCURACY -> quality.accuracy();
        case LOSS -> -quality.loss();
      };
    }
  }

  /** SHA-256 of everything that a sensitivity map depends on. */
  private String fingerprint() {
    var text = new StringBuilder("fastnas ").append(VERSION).append('\n');
    text.append(Manifest.of(plan.model().path()).rootDigest()).append('\n');
    text.append(data.fingerprint()).append('\n').append(settings).append('\n');
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
