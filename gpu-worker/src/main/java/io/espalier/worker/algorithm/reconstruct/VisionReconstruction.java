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
   * Store of activations.
   *
   * @param memoryBytes bound of those in memory
   * @param directory where more of them are kept
   */
  public record Storage(long memoryBytes, Path directory) {}

  /** Operations on versions of a network. */
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
      Version made =
          version(
              Reconstruction.RECONSTRUCTED,
              network,
              batch -> heldOut(network.reconstructed(batch)));
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

  /**
   * Solves for the layers that read cut units, and for no others.
   *
   * @param cut weights of the cut network, changed in place
   * @param from the first section that the cut changes
   * @param inputs what both networks pass on to it, by batch; asked within a scope
   * @return the section behind the last that has such a layer; {@code from} if there is none
   */
  public int solveReaders(Weights cut, int from, IntFunction<NDArray> inputs, Storage storage) {
    try (NDManager manager = PyTorch.newManager();
        var passed = new SpillingArrays(storage.memoryBytes(), storage.directory())) {
      return new NetworkReconstruction(this, cut, passed, manager).readers(from, inputs);
    }
  }

  private IntFunction<NDArray> says(Weights weights, NDManager manager) {
    return batch -> {
      NDArray images = batches.images(batches.get(batch), manager);
      return family.forward(weights, heldOut(images), Mode.EVALUATE);
    };
  }

  private static NDArray heldOut(NDArray rows) {
    long count = rows.getShape().get(0);
    return Tensors.slice(rows, 0, LeastSquares.firstHeldOut(count), count);
  }

  /**
   * Returns how far a version is from the original on the held-out images.
   *
   * @param says what it says of those of a batch
   */
  private Version version(String name, NetworkReconstruction network, IntFunction<NDArray> says) {
    double sum = 0;
    for (int i = 0; i < batches.count(); i++) {
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        NDArray wanted = heldOut(network.original(i));
        long rows = wanted.getShape().get(0);
        if (rows > 0) {
          sum += Losses.divergence(wanted, says.apply(i)).getFloat() * rows;
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
