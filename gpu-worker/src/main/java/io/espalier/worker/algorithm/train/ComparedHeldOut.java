package io.espalier.worker.algorithm.train;

import io.espalier.worker.algorithm.evaluate.Evaluation;
import io.espalier.worker.algorithm.evaluate.ImageMetrics;
import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.algorithm.evaluate.Tally;
import io.espalier.worker.algorithm.evaluate.TextEvaluation;
import io.espalier.worker.algorithm.evaluate.TextMetrics;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.data.Samples;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.Weights;
import java.util.function.Function;

/**
 * Samples that are not learned from, and what another model says of them.
 *
 * @param <T> what a model says of them
 * @param tally asks a model
 * @param reference what the other model says, which agreement and embeddings are compared with
 * @param samples all of them
 */
public record ComparedHeldOut<T extends Tally<T>>(
    Function<Weights, T> tally, T reference, Samples<?> samples) implements HeldOut {
  /** Images, and what another model says of them. */
  public static ComparedHeldOut<ImageMetrics> ofImages(
      VisionFamily family,
      ImageDataset images,
      VisionFamily referenceFamily,
      Weights reference,
      Progress.Listener progress) {
    return new ComparedHeldOut<>(
        weights ->
            Evaluation.tally(family, weights, images, Evaluation.BATCH, Progress.Listener.NONE),
        Evaluation.tally(referenceFamily, reference, images, Evaluation.BATCH, progress),
        images);
  }

  /** Texts, and what another model says of them. */
  public static ComparedHeldOut<TextMetrics> ofTexts(
      TextNetwork network,
      TextDataset texts,
      TextNetwork referenceNetwork,
      Weights reference,
      Progress.Listener progress) {
    return new ComparedHeldOut<>(
        weights ->
            TextEvaluation.tally(
                network, weights, texts, TextEvaluation.BATCH, Progress.Listener.NONE),
        TextEvaluation.tally(referenceNetwork, reference, texts, TextEvaluation.BATCH, progress),
        texts);
  }

  /** Returns the judgement of the other model itself. */
  public Judgement ofReference() {
    return reference.judgement(reference);
  }

  @Override
  public Judgement judge(Weights weights) {
    return tally.apply(weights).judgement(reference);
  }

  @Override
  public String fingerprint() {
    return samples.fingerprint();
  }
}
