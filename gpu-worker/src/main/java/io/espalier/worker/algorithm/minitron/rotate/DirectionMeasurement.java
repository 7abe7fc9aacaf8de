package io.espalier.worker.algorithm.minitron.rotate;

import ai.djl.ndarray.NDManager;
import io.espalier.worker.algorithm.minitron.measure.ActivationSettings;
import io.espalier.worker.algorithm.minitron.measure.LayerwiseForward;
import io.espalier.worker.algorithm.minitron.measure.StreamInputs;
import io.espalier.worker.algorithm.minitron.measure.TokenBatches;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.data.Fingerprint;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.PyTorch;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * A measurement of the directions in which the residual stream is strong: the eigenvectors of the
 * sum over all normalisations of the mean of x̂ · x̂ᵀ, x̂ being what a normalisation reads, divided
 * by the root of its mean square. One pass of the texts, layer by layer.
 *
 * <p>Source: Ashkboos et al., SliceGPT, arXiv 2401.15024, which has a basis for each block and
 * matrices between them; here one is for all, so that the result has the tensors that it had.
 *
 * @param data fingerprint of what the texts are taken from
 */
record DirectionMeasurement(
    DecoderBlueprint blueprint, ActivationSettings settings, TokenBatches texts, String data) {
  /** Changes whenever results may. */
  private static final String VERSION = "1";

  private static final int NAME_DIGITS = 16;
  private static final String PHASE = "measuring directions of the stream";

  /**
   * Measures the directions, or finds them in a directory, where they are left.
   *
   * @throws InvalidInputException if what passes is no numbers; names the layer
   */
  StreamDirections measure(Path checkpoints, Progress.Listener progress) {
    String fingerprint =
        new Fingerprint()
            .add("directions " + VERSION)
            .add(PyTorch.device())
            .add(blueprint.model().directory().digests().forward())
            .add(data)
            .add("batches " + texts.count() + ", size " + settings.batchSize())
            .add("seed " + settings.seed())
            .hex();
    Path file =
        checkpoints.resolve(
            "minitron-directions-%s.safetensors".formatted(fingerprint.substring(0, NAME_DIGITS)));
    return StreamDirections.read(file, fingerprint, blueprint.hidden().units())
        .orElseGet(
            () -> {
              StreamDirections found = StreamDirections.of(covariance(checkpoints, progress));
              found.write(file, fingerprint);
              return found;
            });
  }

  private double[][] covariance(Path checkpoints, Progress.Listener progress) {
    int all = blueprint.blocks().size();
    try (NDManager manager = PyTorch.newManager();
        var stream = new LayerwiseForward(blueprint, texts, settings.room(), checkpoints)) {
      var sum = new StreamCovariance(manager, blueprint.hidden().units());
      stream.embed(Kept.all());
      for (List<Integer> group : stream.groups(IntStream.range(0, all).boxed().toList())) {
        pass(stream, group, sum);
        progress.report(Progress.of(PHASE, group.get(group.size() - 1) + 1, all));
      }
      return sum.mean();
    }
  }

  /**
   * Runs layers; those that are at work at once each add to sums of their own, so that their order
   * is one.
   */
  private void pass(LayerwiseForward stream, List<Integer> group, StreamCovariance sum) {
    try (NDManager manager = PyTorch.newManager()) {
      var own = new TreeMap<Integer, StreamCovariance>();
      for (int layer : group) {
        own.put(layer, new StreamCovariance(manager, blueprint.hidden().units()));
      }
      stream.layers(
          group,
          Kept.all(),
          (layer, tokens) -> hooks(layer, tokens, Objects.requireNonNull(own.get(layer))));
      own.forEach(
          (layer, covariance) -> {
            requireFinite(layer, covariance);
            sum.add(covariance);
          });
    }
  }

  private void requireFinite(int layer, StreamCovariance covariance) {
    if (!covariance.finite()) {
      throw new InvalidInputException(
          "%s, layer %d: what normalisations of the stream read are no numbers; look for infinite or undefined weights in it and before it"
              .formatted(blueprint.model().directory().path(), layer));
    }
  }

  /** Adds what is read; what leaves a layer enters the next one, so only the last one's counts. */
  private ForwardHooks hooks(int layer, Tokens tokens, StreamCovariance covariance) {
    boolean last = layer == blueprint.blocks().size() - 1;
    StreamInputs hooks =
        (which, stream) -> {
          if (which < 2 || last) {
            covariance.add(stream, tokens.mask());
          }
        };
    return hooks;
  }
}
