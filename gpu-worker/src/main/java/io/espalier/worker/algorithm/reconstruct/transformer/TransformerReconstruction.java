package io.espalier.worker.algorithm.reconstruct.transformer;

import ai.djl.ndarray.NDManager;
import io.espalier.worker.domain.job.LayerReconstruction;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.Reconstruction;
import io.espalier.worker.domain.job.Reconstruction.Version;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.List;

/**
 * Reconstruction of a transformer of which heads, neurons, channels of the stream or layers were
 * cut, and the choice of what goes out: the plain cut or the reconstructed model, whichever is
 * closer to the original on the samples that were held out.
 *
 * @param passes of the samples to solve and judge on, through the model before the cut
 * @param original weights of that model; stay as they are
 * @param cutPasses of the same samples through the cut model
 * @param left what this has of the stream and the layers
 */
public record TransformerReconstruction(
    StackPasses passes, Weights original, StackPasses cutPasses, StreamRemainder left) {
  /** A reconstruction of a model whose stream and layers are all there. */
  public TransformerReconstruction(StackPasses passes, Weights original) {
    this(passes, original, passes, StreamRemainder.whole(passes.network().layers()));
  }

  /**
   * Store of hidden states, and of solved layers, with which a later attempt goes on.
   *
   * @param memoryBytes bound of hidden states in memory
   * @param directory where more of them are kept
   * @param fingerprint of everything that solved layers depend on
   */
  public record Storage(long memoryBytes, Path directory, String fingerprint) {}

  /**
   * Reconstructs a cut model. An attempt with the same storage that was interrupted goes on behind
   * the layers that it has solved for.
   *
   * @param cut its weights, which are the solved ones afterwards, whether or not they go out
   * @throws io.espalier.worker.domain.InvalidInputException if an activation is no finite number
   */
  public Reconstruction run(Weights cut, Storage storage, Progress.Listener progress) {
    var divergence = new OutputDivergence(passes, original, cutPasses);
    try (NDManager manager = PyTorch.newManager();
        var streams = new StreamReconstruction(this, cut, manager, storage)) {
      var plain = new Version(Reconstruction.PLAIN, divergence.of(cut, manager));
      List<LayerReconstruction> layers = streams.run(progress);
      var made = new Version(Reconstruction.RECONSTRUCTED, divergence.of(cut, manager));
      streams.forget();
      return new Reconstruction(layers, List.of(plain, made), passes.batches().heldOut());
    }
  }
}
