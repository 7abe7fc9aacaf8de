package io.espalier.worker.algorithm.evaluate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.data.Batch;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Measures a model, and leaves it as it was. */
public final class Evaluation {
  /** Images per batch that came out fastest for 32 × 32 images on a CPU. */
  public static final int BATCH = 64;

  /**
   * Quality of a model as a classifier.
   *
   * @param accuracy fraction of samples whose highest score is that of their class, from 0 to 1;
   *     not a number if samples have no class
   * @param loss mean cross entropy in nats; not a number if the model's scores are none, or samples
   *     have no class
   * @param samples number of samples measured
   */
  public record Quality(double accuracy, double loss, long samples) {}

  /** A forward pass. */
  @FunctionalInterface
  public interface Classifier {
    /**
     * Class scores before softmax, in the open scope: (batch, classes).
     *
     * @param images (batch, channels, height, width), normalised
     */
    NDArray scores(Weights weights, NDArray images);
  }

  private Evaluation() {}

  private static Classifier classifier(VisionFamily family) {
    return (weights, images) -> family.forward(weights, images, Mode.EVALUATE);
  }

  /**
   * Accuracy and loss over a whole data set.
   *
   * @param batch images per batch; decides speed and memory, not the result beyond rounding
   * @param progress hears of every batch
   * @throws IllegalArgumentException if there is no image
   */
  public static Quality quality(
      VisionFamily family,
      Weights weights,
      ImageDataset data,
      int batch,
      Progress.Listener progress) {
    return tally(family, weights, data, batch, progress).quality();
  }

  /** As {@link #quality}, with what the model said of each image. */
  public static ImageMetrics tally(
      VisionFamily family,
      Weights weights,
      ImageDataset data,
      int batch,
      Progress.Listener progress) {
    return tally(classifier(family), weights, data, batch, progress);
  }

  /** The same of any forward pass. */
  public static ImageMetrics tally(
      Classifier classifier,
      Weights weights,
      ImageDataset data,
      int batch,
      Progress.Listener progress) {
    var batches = new Batches(data, batch);
    var tally = ImageMetrics.keepingSamples();
    try (NDManager manager = PyTorch.newManager()) {
      for (int i = 0; i < batches.count(); i++) {
        try (var scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          Batch images = batches.get(i);
          NDArray logits = classifier.scores(weights, batches.images(images, manager));
          tally.add(logits, images.labels());
        }
        Quality now = tally.quality();
        Map<String, Double> values =
            data.labelled()
                ? Map.of("accuracy", now.accuracy(), "loss", now.loss())
                : Map.<String, Double>of();
        progress.report(new Progress("evaluating", now.samples(), data.size(), values));
      }
    }
    return tally;
  }

  /**
   * Time of one forward pass on this device, image by image, after a warm-up.
   *
   * @param repetitions passes to measure, at least 1
   * @param image its channels, height and width
   */
  public static Latency latency(
      VisionFamily family, Weights weights, int repetitions, int... image) {
    return latencies(family, List.of(weights), repetitions, image).get(0);
  }

  /** The same for several models to compare, which take turns. */
  public static List<Latency> latencies(
      VisionFamily family, List<Weights> models, int repetitions, int... image) {
    return latencies(classifier(family), models, repetitions, image);
  }

  /** The same of any forward pass. */
  public static List<Latency> latencies(
      Classifier classifier, List<Weights> models, int repetitions, int... image) {
    if (image.length != 3) {
      throw new IllegalArgumentException(
          "an image of %d dimensions; wanted 3".formatted(image.length));
    }
    try (NDManager manager = PyTorch.newManager()) {
      NDArray one = noise(manager, image);
      return InterleavedTiming.latencies(
          models.size(), repetitions, model -> pass(classifier, models.get(model), one));
    }
  }

  private static void pass(Classifier classifier, Weights weights, NDArray image) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      classifier.scores(weights, image).toFloatArray();
    }
  }

  /** An image of normalised values; zeros could be faster than real ones. */
  private static NDArray noise(NDManager manager, int[] image) {
    var random = new Random(1);
    float[] pixels = new float[image[0] * image[1] * image[2]];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (float) random.nextGaussian();
    }
    return Tensors.of(manager, pixels, 1, image[0], image[1], image[2]);
  }
}
