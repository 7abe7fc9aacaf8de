package io.espalier.worker.algorithm.minitron.measure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.evaluate.Batches;
import io.espalier.worker.algorithm.minitron.size.ImageBlueprint;
import io.espalier.worker.data.Fingerprint;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Minitron on images: listens to all units of a transformer in one forward pass of a whole model.
 * All tokens of an image are real, the class token among them.
 */
public final class ImageActivationMeasurement {
  private static final String PHASE = "measuring activations";

  private final ImageBlueprint blueprint;
  private final ActivationSettings settings;
  private final ImageDataset images;
  private final String fingerprint;

  /**
   * A measurement on images.
   *
   * @param data of which as many are drawn as settings say
   */
  public ImageActivationMeasurement(
      ImageBlueprint blueprint, ActivationSettings settings, ImageDataset data) {
    this.blueprint = blueprint;
    this.settings = settings;
    long most = (long) settings.batches() * settings.batchSize();
    this.images = data.drawn((int) Math.min(most, data.size()), settings.seed());
    Fingerprint print =
        new Fingerprint()
            .add("minitron of images " + ActivationMeasurement.VERSION)
            .add(PyTorch.device())
            .add(blueprint.model().directory().digests().forward())
            .add(data.fingerprint())
            .add("batches " + batches() + ", size " + settings.batchSize())
            .add("over tokens " + settings.overTokens().key())
            .add("over images " + settings.overSequences().key())
            .add("seed " + settings.seed());
    this.fingerprint =
        (settings.unitScore() == ImportanceCriterion.RESIDUAL ? print.add("residuals") : print)
            .hex();
  }

  /** The images that units are listened to on. */
  public ImageDataset images() {
    return images;
  }

  /** Returns how many batches there are. */
  public int batches() {
    return new Batches(images, settings.batchSize()).count();
  }

  /**
   * The activity of the model: measured, or found whole.
   *
   * @param checkpoints directory for it, which a later pruning reuses
   * @throws InvalidInputException if activations are no numbers; names the layer
   */
  public ActivationScores measure(Path checkpoints, Progress.Listener progress) {
    var store = new ActivationScoreStore(checkpoints, blueprint, Duration.ZERO);
    ActivationScores activity =
        store
            .load(fingerprint)
            .filter(found -> found.layers().size() == blueprint.blocks().size())
            .orElseGet(
                () -> {
                  ActivationScores measured = measured(progress);
                  store.save(measured);
                  return measured;
                });
    return settings.unitScore().of(activity);
  }

  private ActivationScores measured(Progress.Listener progress) {
    List<ActivationRecorder> watches =
        blueprint.blocks().stream()
            .map(any -> new ActivationRecorder(settings.overTokens(), settings.overSequences()))
            .toList();
    List<ResidualRecorder> residuals =
        settings.unitScore() == ImportanceCriterion.RESIDUAL ? residuals() : List.of();
    try (NDManager manager = PyTorch.newManager();
        Weights weights =
            Weights.load(blueprint.model().directory(), blueprint.architecture(), manager)) {
      var batches = new Batches(images, settings.batchSize());
      for (int batch = 0; batch < batches.count(); batch++) {
        try (var scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          pass(batches.images(batches.get(batch), manager), weights, watches, residuals);
        }
        progress.report(Progress.of(PHASE, batch + 1, batches.count()));
      }
      return new ActivationScores(
          fingerprint,
          IntStream.range(0, watches.size())
              .mapToObj(
                  layer -> {
                    LayerActivationScores found = scores(watches.get(layer), layer, weights);
                    return residuals.isEmpty()
                        ? found
                        : found.withResiduals(residuals.get(layer).scores(weights));
                  })
              .toList());
    } finally {
      residuals.forEach(ResidualRecorder::close);
    }
  }

  private List<ResidualRecorder> residuals() {
    return IntStream.range(0, blueprint.blocks().size())
        .mapToObj(
            layer ->
                new ResidualRecorder(
                    LayerActivationScores.solvable(blueprint, layer), blueprint.network()))
        .toList();
  }

  private void pass(
      NDArray pixels,
      Weights weights,
      List<ActivationRecorder> watches,
      List<ResidualRecorder> residuals) {
    NDArray x = blueprint.network().embed(weights, pixels);
    NDArray mask = ones(x);
    for (int layer = 0; layer < watches.size(); layer++) {
      ForwardHooks watch = watches.get(layer).batch(mask);
      x =
          blueprint
              .network()
              .layer(
                  layer,
                  weights,
                  x,
                  residuals.isEmpty() ? watch : residuals.get(layer).batch(mask, watch));
    }
  }

  /** (batch, tokens), int64. */
  private static NDArray ones(NDArray x) {
    long rows = x.getShape().get(0);
    long tokens = x.getShape().get(1);
    long[] ones = new long[Math.toIntExact(rows * tokens)];
    Arrays.fill(ones, 1);
    return Tensors.of(x.getManager(), ones, rows, tokens);
  }

  private LayerActivationScores scores(ActivationRecorder watch, int layer, Weights weights) {
    LayerActivationScores found = LayerActivationScores.of(watch, blueprint, layer, weights);
    Optional<String> problem =
        ActivationScoreStore.problem(found, LayerActivationScores.counts(blueprint, layer));
    if (problem.isPresent()) {
      throw new InvalidInputException(
          "%s, layer %d: %s; look for infinite or undefined weights in it and before it"
              .formatted(blueprint.model().directory().path(), layer, problem.get()));
    }
    return found;
  }
}
