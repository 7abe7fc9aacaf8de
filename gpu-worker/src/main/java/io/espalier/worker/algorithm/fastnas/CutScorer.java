package io.espalier.worker.algorithm.fastnas;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.evaluate.BatchNormCalibration;
import io.espalier.worker.algorithm.evaluate.Batches;
import io.espalier.worker.algorithm.evaluate.ImageMetrics;
import io.espalier.worker.algorithm.prune.ChannelOrder;
import io.espalier.worker.algorithm.reconstruct.VisionReconstruction;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.model.family.Section;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.Losses;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Scores cut versions of one model on the same images: BatchNorm is calibrated on them, then the
 * score is taken. If that is wanted, the layers that read cut units are solved for before that, on
 * the same images without their labels. What lies in front of the first cut tensor is computed once
 * and used again, so cuts should come in the order of the forward pass.
 *
 * <p>The scores are those of whole passes, bit for bit on the same device.
 */
final class CutScorer implements SensitivityMeasurement.Score, AutoCloseable {
  private final VisionFamily family;
  private final Weights original;
  private final Weights whole;
  private final ChannelOrder order;
  private final Scoring scoring;
  private final Batches batches;
  private final List<Section> sections;
  private final double[] shares;
  private final CachedPrefix prefix;
  private final VisionReconstruction.Storage storage;
  private final NDManager manager = PyTorch.newManager();
  private NDArray @Nullable [] reference;
  private double passes;

  /**
   * Settings of scoring.
   *
   * @param score what by
   * @param after what is done to them before that
   * @param seed decides at which positions samples of a reconstruction are taken
   */
  record Scoring(FastNasSettings.Score score, FastNasSettings.ScoreAfter after, long seed) {}

  /**
   * A scorer.
   *
   * @param weights of the model; stay as they are
   * @param memoryBytes bound of the activations kept in memory
   * @param directory where more of them are kept
   */
  CutScorer(
      VisionFamily family,
      Weights weights,
      ChannelOrder order,
      Scoring scoring,
      Batches batches,
      long memoryBytes,
      Path directory) {
    this.family = family;
    this.original = weights;
    this.whole = weights.keep(Kept.all());
    this.order = order;
    this.scoring = scoring;
    this.storage = new VisionReconstruction.Storage(memoryBytes, directory);
    this.batches = batches;
    this.sections = family.sections(whole);
    this.shares = shares(weights.architecture(), sections);
    this.prefix = new CachedPrefix(sections, whole, batches, memoryBytes, directory);
  }

  /** Position of the first section that a cut of an axis changes. */
  int place(Axis axis) {
    return original.architecture().tensors().stream()
        .filter(tensor -> tensor.dimensions().stream().anyMatch(d -> d.isAlong(axis)))
        .mapToInt(this::section)
        .min()
        .orElse(0);
  }

  @Override
  public double of(Widths widths) {
    Kept kept = order.kept(widths);
    int from = first(kept);
    count(prefix.moveTo(from), from);
    count(from, sections.size());
    try (Weights cut = original.keep(kept)) {
      if (scoring.after() == FastNasSettings.ScoreAfter.RECONSTRUCTION) {
        reconstruct(cut, kept, from);
      }
      List<Section> rest = family.sections(cut).subList(from, sections.size());
      BatchNormCalibration.recalibrate(rest, cut, batches.calibrating(), prefix::calibrating);
      return score(rest);
    }
  }

  @Override
  public double passes() {
    return passes;
  }

  @Override
  public void close() {
    prefix.close();
    whole.close();
    manager.close();
  }

  /** Solves for the layers that read cut units; all that they read lies behind a section. */
  private void reconstruct(Weights cut, Kept kept, int from) {
    int to =
        new VisionReconstruction(
                family, original, kept, batches, scoring.seed(), Progress.Listener.NONE)
            .solveReaders(cut, from, prefix::evaluating, storage);
    count(from, to); // of the original
    count(from, to);
  }

  private double score(List<Section> rest) {
    var tally = new ImageMetrics();
    double[] divergence = {0};
    run(
        rest,
        (batch, logits) -> {
          tally.add(logits, prefix.labels(batch));
          if (scoring.score() == FastNasSettings.Score.AGREEMENT) {
            NDArray said = reference()[batch];
            divergence[0] += Losses.divergence(said, logits).getFloat() * said.getShape().get(0);
          }
        });
    return switch (scoring.score()) {
      // the highest of scores that are no numbers is still a class, so the loss tells
      case ACCURACY ->
          Double.isFinite(tally.quality().loss()) ? tally.quality().accuracy() : Double.NaN;
      case LOSS -> -tally.quality().loss();
      case AGREEMENT -> -divergence[0] / tally.quality().samples();
    };
  }

  private void run(List<Section> rest, BiConsumer<Integer, NDArray> use) {
    for (int i = 0; i < batches.count(); i++) {
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        use.accept(i, Section.forward(rest, prefix.evaluating(i), Mode.EVALUATE));
      }
    }
  }

  /** Returns what the model as it was delivered says of each batch. */
  private NDArray[] reference() {
    if (reference == null) {
      var said = new NDArray[batches.count()];
      for (int i = 0; i < said.length; i++) {
        try (var scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          NDArray images = batches.images(batches.get(i), manager);
          said[i] = family.forward(original, images, Mode.EVALUATE);
          NDScope.unregister(said[i]);
          said[i].attach(manager);
        }
      }
      reference = said;
    }
    return reference;
  }

  /** The first section that reads a cut tensor. */
  private int first(Kept kept) {
    return original.architecture().tensors().stream()
        .filter(tensor -> tensor.dimensions().stream().anyMatch(d -> d.isCutBy(kept)))
        .mapToInt(this::section)
        .min()
        .orElse(0);
  }

  private int section(TensorSpec tensor) {
    for (int i = 0; i < sections.size(); i++) {
      if (sections.get(i).reads(tensor.name())) {
        return i;
      }
    }
    throw new IllegalStateException("no section reads tensor '%s'".formatted(tensor.name()));
  }

  private void count(int from, int to) {
    for (int i = from; i < to; i++) {
      passes += shares[i];
    }
  }

  /** The part of a pass that each section is. */
  private static double[] shares(Architecture architecture, List<Section> sections) {
    double[] shares = new double[sections.size()];
    double all = 0;
    for (Layer layer : architecture.layers()) {
      double weights = (double) layer.out().size() * layer.in().size() * layer.window().area();
      double macs = weights * layer.window().positions();
      all += macs;
      for (int i = 0; i < shares.length; i++) {
        shares[i] += sections.get(i).reads(layer.weight()) ? macs : 0;
      }
    }
    for (int i = 0; i < shares.length; i++) {
      shares[i] /= all;
    }
    return shares;
  }
}
