package io.espalier.worker.algorithm.reconstruct;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.evaluate.Batches;
import io.espalier.worker.domain.job.LayerReconstruction;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.Reconstruction;
import io.espalier.worker.domain.job.Reconstruction.Version;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.Losses;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.SpillingArrays;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Reconstruction of a pruned network that reads images, and the choice of what goes out: the cut
 * with calibrated BatchNorm, the reconstructed network, or that with BatchNorm calibrated once
 * more. They are compared by how far they are from the original on the images that were held out.
 *
 * @param family of the network
 * @param original its weights; stay as they are
 * @param kept the units that stay
 * @param batches images to solve and judge on
 * @param seed decides at which positions samples are taken
 * @param progress is told which section is being reconstructed
 */
public record VisionReconstruction(
    VisionFamily family,
    Weights original,
    Kept kept,
    Batches batches,
    long seed,
    Progress.Listener progress) {
  /** Name of the version whose BatchNorms were calibrated after it was reconstructed. */
  public static final String RECALIBRATED = "reconstructed, BatchNorm calibrated";

  /**
   * Where activations are kept.
   *
   * @param memoryBytes bound of those in memory
   * @param directory where more of them are kept
   */
  public record Storage(long memoryBytes, Path directory) {}

  /** What is done with versions of a network. */
  public interface Versions {
    /** Calibrates the BatchNorms of a version in place. */
    void calibrate(Weights version);

    /** Looks at the plain cut, calibrated. */
    void look(Weights plain);

    /**
     * Takes the version that goes out.
     *
     * @param done says which of its tensors were solved for
     */
    void write(Weights chosen, Reconstruction done);
  }

  /**
   * Reconstructs a cut network and says which version of it goes out.
   *
   * @param cut its weights, with the original's statistics of BatchNorm; these are calibrated
   * @throws io.espalier.worker.domain.InvalidInputException if an activation is no finite number
   */
  public Reconstruction run(Weights cut, Storage storage, Versions versions) {
    try (NDManager manager = PyTorch.newManager();
        Weights solved = cut.keep(Kept.all());
        var passed = new SpillingArrays(storage.memoryBytes(), storage.directory())) {
      var network = new NetworkReconstruction(this, solved, passed, manager);
      List<LayerReconstruction> layers = network.run();
      versions.calibrate(cut);
      versions.look(cut);
      Version plain = version(Reconstruction.PLAIN, network, says(cut, manager));
      Version made = version(Reconstruction.RECONSTRUCTED, network, network::reconstructed);
      try (Weights calibrated = solved.keep(Kept.all())) {
        versions.calibrate(calibrated);
        Version again = version(RECALIBRATED, network, says(calibrated, manager));
        var done = new Reconstruction(layers, List.of(plain, made, again), heldOut());
        Version chosen = done.chosen();
        versions.write(
            chosen.equals(plain) ? cut : chosen.equals(made) ? solved : calibrated, done);
        return done;
      }
    }
  }

  private IntFunction<NDArray> says(Weights weights, NDManager manager) {
    return batch ->
        family.forward(weights, batches.images(batches.get(batch), manager), Mode.EVALUATE);
  }

  /** Returns how far a version is from the original on the held-out images. */
  private Version version(String name, NetworkReconstruction network, IntFunction<NDArray> says) {
    double sum = 0;
    for (int i = 0; i < batches.count(); i++) {
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        NDArray wanted = network.original(i);
        long rows = wanted.getShape().get(0);
        long from = LeastSquares.firstHeldOut(rows);
        if (from < rows) {
          NDArray said = Tensors.slice(says.apply(i), 0, from, rows);
          NDArray divergence = Losses.divergence(Tensors.slice(wanted, 0, from, rows), said);
          sum += divergence.getFloat() * (rows - from);
        }
      }
    }
    return new Version(name, sum / heldOut());
  }

  private long heldOut() {
    long images = 0;
    for (int i = 0; i < batches.count(); i++) {
      long rows = Math.min(batches.batch(), batches.data().size() - (long) i * batches.batch());
      images += rows - LeastSquares.firstHeldOut(rows);
    }
    return images;
  }
}
