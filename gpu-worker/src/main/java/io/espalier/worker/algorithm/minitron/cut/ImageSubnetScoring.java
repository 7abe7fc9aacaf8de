package io.espalier.worker.algorithm.minitron.cut;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.evaluate.Batches;
import io.espalier.worker.algorithm.minitron.measure.SubnetMetric;
import io.espalier.worker.algorithm.minitron.size.ImageBlueprint;
import io.espalier.worker.algorithm.prune.CandidateScores;
import io.espalier.worker.data.Batch;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.ImageNetwork;
import io.espalier.worker.tensor.Losses;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Scores subnets of a transformer on images, in memory and without writing them. Scores are kept,
 * so that none is computed twice.
 */
public final class ImageSubnetScoring implements CandidateScoring {
  private final ImageBlueprint blueprint;
  private final Batches images;
  private final SubnetMetric score;
  private final CandidateScores known;
  private final NDManager manager = PyTorch.newManager();
  private @Nullable Weights original;

  /**
   * Scoring on images.
   *
   * @param images with classes, if the score is their loss
   * @param fingerprint of model, images and what units are chosen by
   * @param checkpoints directory for scores
   */
  public ImageSubnetScoring(
      ImageBlueprint blueprint,
      Batches images,
      SubnetMetric score,
      String fingerprint,
      Path checkpoints) {
    this.blueprint = blueprint;
    this.images = images;
    this.score = score;
    this.known = CandidateScoring.known(fingerprint, score, checkpoints);
  }

  @Override
  public double of(String subnet, Kept kept, List<Integer> layers) {
    return known.of(subnet, () -> measure(new Subnet(kept, layers)));
  }

  private double measure(Subnet subnet) {
    Weights whole = original();
    ImageNetwork network =
        blueprint.model().family().of(subnet.config(blueprint)).maskable().orElseThrow();
    double sum = 0;
    long count = 0;
    try (Weights cut = whole.keep(subnet.all(blueprint))) {
      for (int i = 0; i < images.count(); i++) {
        try (var scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          Batch batch = images.get(i);
          NDArray pixels = images.images(batch, manager);
          NDArray said = network.forward(cut, pixels, ForwardHooks.NONE);
          sum += mean(batch, pixels, said) * batch.size();
          count += batch.size();
        }
      }
    }
    return sum / count;
  }

  /** Cross entropy, or divergence from what the original says; mean over images, in nats. */
  private double mean(Batch batch, NDArray pixels, NDArray said) {
    if (score == SubnetMetric.KL) {
      NDArray wanted = blueprint.network().forward(original(), pixels, ForwardHooks.NONE);
      return Losses.divergence(wanted, said).getFloat();
    }
    return Losses.crossEntropy(said, Tensors.of(manager, batch.labels(), batch.size())).getFloat();
  }

  private Weights original() {
    if (original == null) {
      original = Weights.load(blueprint.model().directory(), blueprint.open(), manager);
    }
    return original;
  }

  @Override
  public void close() {
    if (original != null) {
      original.close();
    }
    manager.close();
  }
}
