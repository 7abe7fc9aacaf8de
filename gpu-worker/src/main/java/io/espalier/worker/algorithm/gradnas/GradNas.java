package io.espalier.worker.algorithm.gradnas;

import io.espalier.worker.algorithm.evaluate.LossData;
import io.espalier.worker.algorithm.search.SearchSpace;
import io.espalier.worker.algorithm.search.SearchSpace.Choices;
import io.espalier.worker.algorithm.search.Sensitivities;
import io.espalier.worker.data.Fingerprint;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.model.MaskableModel;
import io.espalier.worker.model.family.MaskableNetwork.Block;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * GradNAS: scores attention heads and feed-forward neurons by the squared gradient of the loss with
 * respect to a mask on each, in one pass over some batches.
 *
 * <p>Source: ModelOpt 0.40, mode {@code gradnas}, which later versions no longer have; Michel et
 * al., Are sixteen heads really better than one?, arXiv 1905.10650. Unlike ModelOpt, it takes as
 * many batches as it is asked for, not one more.
 */
public final class GradNas {
  /** Changes whenever results may. */
  public static final String VERSION = "6";

  private static final String PHASE = "measuring gradients";

  private final MaskableModel model;
  private final GradNasSettings settings;
  private final LossData data;

  /**
   * A search on a model.
   *
   * @param data what gradients are measured on
   */
  public GradNas(MaskableModel model, GradNasSettings settings, LossData data) {
    this.model = model;
    this.settings = settings;
    this.data = data;
  }

  /** Batches that there are to measure: all full ones up to the most, or the only one. */
  public int batches() {
    return Math.min(settings.batches(), Math.max(1, data.size() / settings.batchSize()));
  }

  /**
   * The scores of the model: measured, continued, or found whole.
   *
   * @param weights of the model at hand; stay as they are
   * @param checkpoints directory for scores, which a later search continues or reuses
   * @throws io.espalier.worker.domain.InvalidInputException if gradients are no numbers, or all of
   *     a layer are zero
   */
  UnitScores measure(Weights weights, Path checkpoints, Progress.Listener progress) {
    int batches = batches();
    String fingerprint = fingerprint(PyTorch.device());
    var store = new UnitScoreStore(checkpoints, axes());
    UnitScores scores =
        store
            .load(fingerprint, batches)
            .orElseGet(() -> new UnitScores(fingerprint, 0, 0, Map.of()));
    LossData shuffled = data.shuffled(settings.seed());
    try (var gradients = new MaskGradients(weights, axes(), settings.pieceSize())) {
      while (scores.batches() < batches) {
        int batch = scores.batches();
        String name = "batch %d of %d".formatted(batch + 1, batches);
        scores = scores.with(gradients.of(shuffled, indices(batch, shuffled.size()), name));
        store.save(scores, scores.batches() == batches);
        progress.report(
            new Progress(
                PHASE,
                scores.batches(),
                batches,
                Map.of("loss", scores.loss() / scores.batches())));
      }
    }
    return scores;
  }

  private int[] indices(int batch, int size) {
    int from = batch * settings.batchSize();
    return IntStream.range(from, Math.min(from + settings.batchSize(), size)).toArray();
  }

  private List<Axis> axes() {
    return model.architecture().prunableAxes();
  }

  /**
   * Returns what each width of each axis loses: the scores of the units that go.
   *
   * @param layout which axes of the model an axis of the space stands for
   */
  Sensitivities sensitivities(UnitScores scores, SearchSpace space, Layout layout) {
    Map<String, double[]> comparable =
        settings.normalisation().apply(scores.byAxis(), Block.of(model.architecture()));
    var losses = new LinkedHashMap<String, double[]>();
    for (Choices choices : space.configurable()) {
      double[] all = new double[choices.widths().size()];
      String axis = choices.axis().name();
      for (String member : layout.members().getOrDefault(axis, List.of(axis))) {
        add(all, choices, comparable.getOrDefault(member, new double[0]));
      }
      losses.put(axis, all);
    }
    return new Sensitivities(losses);
  }

  /** Sums of the least scores, so that no difference of large sums loses the small ones. */
  private static void add(double[] losses, Choices choices, double[] scores) {
    double[] ascending = scores.clone();
    Arrays.sort(ascending);
    double[] sums = new double[ascending.length + 1];
    for (int i = 0; i < ascending.length; i++) {
      sums[i + 1] = sums[i] + ascending[i];
    }
    for (int i = 0; i < losses.length; i++) {
      losses[i] += sums[ascending.length - choices.widths().get(i)];
    }
  }

  /** SHA-256 of everything that scores depend on; the search space is nothing of it. */
  private String fingerprint(String device) {
    return new Fingerprint()
        .add("gradnas " + VERSION)
        .add(device)
        .add(model.directory().digests().forward())
        .add(data.fingerprint())
        .add("batches " + batches() + ", size " + settings.batchSize())
        .add("seed " + settings.seed())
        .hex();
  }
}
