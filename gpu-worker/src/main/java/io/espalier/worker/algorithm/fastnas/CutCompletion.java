package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.algorithm.evaluate.BatchNormCalibration;
import io.espalier.worker.algorithm.evaluate.Batches;
import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.algorithm.prune.CompletedCut;
import io.espalier.worker.algorithm.prune.CutFiles;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import io.espalier.worker.algorithm.reconstruct.VisionReconstruction;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.Reconstruction;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Completion of a cut model in its files before it goes out: what reads cut units is solved for
 * anew, unless that is not wanted, and BatchNorm is calibrated.
 *
 * @param data images of the search
 * @param original weights of the model before the cut; stay as they are
 * @param judge says how good the plain cut is, beside what goes out
 * @param directory for activations that memory has no room for
 * @param progress is told what is being reconstructed
 */
record CutCompletion(
    FastNasSettings settings,
    ImageDataset data,
    Weights original,
    Function<Weights, Judgement> judge,
    Path directory,
    Progress.Listener progress) {
  /** Calibration images that are solved on, at most: more take longer and hardly help. */
  private static final int SOLVED_IMAGES = 512;

  /**
   * Completes a cut model in its files.
   *
   * @param kept the units that stayed
   */
  CompletedCut complete(FastNasPlan cut, Kept kept) {
    ImageDataset images = images();
    try (Weights weights = Weights.load(cut.model(), cut.architecture())) {
      if (settings.reconstruct() != ReconstructionMode.OFF) {
        var versions = new Versions(cut, images);
        Reconstruction done =
            reconstruction(cut, kept, images)
                .run(
                    weights,
                    new VisionReconstruction.Storage(settings.activationBytes(), directory),
                    versions);
        return new CompletedCut(Optional.of(done), versions.plain);
      }
      calibrate(cut, weights, images);
      CutFiles.write(cut.model(), weights, Set.of());
      return CompletedCut.AS_CUT;
    }
  }

  /** Returns how many images BatchNorm is calibrated on. */
  int calibrationImages() {
    ImageDataset images = images();
    return BatchNormCalibration.counted(images, batch(images));
  }

  private ImageDataset images() {
    return data.drawn(settings.calibrationImages(), settings.seed());
  }

  private VisionReconstruction reconstruction(FastNasPlan cut, Kept kept, ImageDataset images) {
    ImageDataset solved = images.first(SOLVED_IMAGES);
    return new VisionReconstruction(
        cut.family(),
        original,
        kept,
        new Batches(solved, batch(solved)),
        settings.seed(),
        progress);
  }

  private void calibrate(FastNasPlan cut, Weights weights, ImageDataset images) {
    BatchNormCalibration.recalibrate(cut.family(), weights, images, batch(images));
  }

  private int batch(ImageDataset images) {
    return Math.min(settings.batchSize(), images.size());
  }

  /** Versions of the model on their way into its files. */
  private final class Versions implements VisionReconstruction.Versions {
    private final FastNasPlan cut;
    private final ImageDataset images;
    private Optional<Judgement> plain = Optional.empty();

    Versions(FastNasPlan cut, ImageDataset images) {
      this.cut = cut;
      this.images = images;
    }

    @Override
    public void calibrate(Weights version) {
      CutCompletion.this.calibrate(cut, version, images);
    }

    @Override
    public void look(Weights cut) {
      plain = Optional.of(judge.apply(cut));
    }

    @Override
    public void write(Weights chosen, Reconstruction done) {
      CutFiles.write(cut.model(), chosen, done.solved());
    }
  }
}
