package io.espalier.worker.algorithm.train;

import java.util.ArrayList;
import java.util.List;

/**
 * Training of a model that reads text; the defaults of Hugging Face's trainer, but for the learning
 * rate's fall, which is that of a cosine.
 *
 * @param epochs passes over the data
 * @param batch sequences per step; those left over after the last full batch of an epoch sit it out
 * @param learningRate peak of the schedule
 * @param warmup share of all steps until the peak is reached
 * @param weightDecay share of a weight that goes with each step of rate 1; not of biases and norms
 * @param largestNorm gradients longer than this are shortened to it
 * @param seed of the order
 */
public record AdamWSettings(
    int epochs,
    int batch,
    double learningRate,
    double warmup,
    double weightDecay,
    double largestNorm,
    long seed) {
  /**
   * Checked settings.
   *
   * @throws IllegalArgumentException with everything that is out of range
   */
  public AdamWSettings {
    List<String> problems = new ArrayList<>();
    require(epochs >= 1, "epochs must be at least 1, but is " + epochs, problems);
    require(batch >= 1, "batch must be at least 1, but is " + batch, problems);
    require(learningRate > 0, "learningRate must be positive, but is " + learningRate, problems);
    require(warmup >= 0 && warmup < 1, "warmup must be from 0 to less than 1: " + warmup, problems);
    require(weightDecay >= 0, "weightDecay must not be negative: " + weightDecay, problems);
    require(largestNorm > 0, "largestNorm must be positive, but is " + largestNorm, problems);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("\n", problems));
    }
  }

  /** The usual decay of 0.01, a tenth of the steps to warm up, gradients of length 1 at most. */
  public static AdamWSettings usual(int epochs, int batch, double learningRate, long seed) {
    return new AdamWSettings(epochs, batch, learningRate, 0.1, 0.01, 1, seed);
  }

  private static void require(boolean holds, String problem, List<String> problems) {
    if (!holds) {
      problems.add(problem);
    }
  }
}
