package io.espalier.worker.algorithm.train;

import java.util.ArrayList;
import java.util.List;

/**
 * Training of a classifier.
 *
 * @param epochs passes over the data
 * @param batch images per step; the images that are left over after the last full batch of an epoch
 *     sit it out, since a BatchNorm over very few images is noise
 * @param learningRate peak of the cosine schedule
 * @param warmupEpochs epochs until the peak is reached; may be a fraction
 * @param momentum share of the last step that goes on, from 0 up to (excluding) 1
 * @param nesterov whether the gradient counts ahead of the momentum
 * @param weightDecay factor of the L2 penalty on weights of convolutions and linear layers
 * @param labelSmoothing share of the target that is spread over all classes, from 0 up to
 *     (excluding) 1
 * @param augmentation what happens to images before they are shown
 * @param seed of order and augmentation
 */
public record TrainingSettings(
    int epochs,
    int batch,
    double learningRate,
    double warmupEpochs,
    double momentum,
    boolean nesterov,
    double weightDecay,
    double labelSmoothing,
    Augmentation augmentation,
    long seed) {

  /**
   * Checked settings.
   *
   * @throws IllegalArgumentException with everything that is out of range
   */
  public TrainingSettings {
    var problems = new ArrayList<String>();
    require(epochs >= 1, "epochs must be at least 1, but is " + epochs, problems);
    require(batch >= 2, "batch must be at least 2, but is " + batch, problems);
    require(learningRate > 0, "learningRate must be positive, but is " + learningRate, problems);
    require(
        warmupEpochs >= 0 && warmupEpochs < epochs,
        "warmupEpochs must be from 0 to less than epochs, but is " + warmupEpochs,
        problems);
    require(isShare(momentum), "momentum must be from 0 to less than 1: " + momentum, problems);
    require(weightDecay >= 0, "weightDecay must not be negative: " + weightDecay, problems);
    require(
        isShare(labelSmoothing),
        "labelSmoothing must be from 0 to less than 1: " + labelSmoothing,
        problems);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("\n", problems));
    }
  }

  /**
   * Returns what CIFAR networks are usually trained with; learning rate 0.1 per 128 images of a
   * batch.
   */
  public static TrainingSettings cifar(int epochs, int batch, long seed) {
    return new TrainingSettings(
        epochs,
        batch,
        0.1 * batch / 128,
        Math.min(1, epochs / 2.0),
        0.9,
        true,
        5e-4,
        0,
        Augmentation.CIFAR,
        seed);
  }

  private static boolean isShare(double value) {
    return value >= 0 && value < 1;
  }

  private static void require(boolean holds, String problem, List<String> problems) {
    if (!holds) {
      problems.add(problem);
    }
  }
}
