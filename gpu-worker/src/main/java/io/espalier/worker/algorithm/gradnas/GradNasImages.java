package io.espalier.worker.algorithm.gradnas;

import io.espalier.worker.algorithm.evaluate.Evaluation;
import io.espalier.worker.algorithm.evaluate.ImageMetrics;
import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.algorithm.evaluate.LossData;
import io.espalier.worker.algorithm.evaluate.SampleLossData;
import io.espalier.worker.algorithm.prune.VersionTiming;
import io.espalier.worker.algorithm.reconstruct.transformer.ImagePasses;
import io.espalier.worker.algorithm.reconstruct.transformer.StackPasses;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.ImageTransformerModel;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.tensor.Weights;
import java.util.Optional;

/**
 * A transformer that tells images apart, and images.
 *
 * @param searched what gradients are measured on; with classes
 * @param judged what before and after are measured on
 */
public record GradNasImages(ImageTransformerModel model, ImageDataset searched, ImageDataset judged)
    implements GradNasSubject<ImageTransformerModel> {

  @Override
  public ImageTransformerModel open(ModelDirectory cut) {
    return ImageTransformerModel.of(cut);
  }

  @Override
  public LossData search(long seed) {
    return SampleLossData.ofImages(model.network(), searched);
  }

  @Override
  public Baseline<ImageTransformerModel> baseline(
      Weights original, int batch, Progress.Listener progress) {
    ImageMetrics before = tally(model, original, batch, progress);
    return new Baseline<>() {
      @Override
      public Judgement original() {
        return before.judgement(before);
      }

      @Override
      public Judgement of(ImageTransformerModel cut, Weights weights, Progress.Listener heard) {
        return tally(cut, weights, batch, heard).judgement(before);
      }
    };
  }

  private ImageMetrics tally(
      ImageTransformerModel of, Weights weights, int batch, Progress.Listener progress) {
    return Evaluation.tally(
        (each, images) -> of.network().forward(each, images, ForwardHooks.NONE),
        weights,
        judged,
        batch,
        progress);
  }

  @Override
  public VersionTiming timing() {
    return VersionTiming.onDevice(model.network(), model.input());
  }

  @Override
  public Optional<StackPasses> passes(int batch, long seed) {
    return Optional.of(
        new ImagePasses(model.network(), searched.drawn(SOLVED_EXAMPLES, seed), batch));
  }
}
