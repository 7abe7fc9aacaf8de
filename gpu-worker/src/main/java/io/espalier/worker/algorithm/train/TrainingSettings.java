package io.espalier.worker.algorithm.train;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Settings of a training, whatever the network reads.
 *
 * @param budget how long it is trained
 * @param steps how samples make a step
 * @param optimizer rule by which gradients change weights
 * @param rate learning rate
 * @param largestNorm gradients longer than this, all tensors together, are shortened to it
 * @param average share of the running average of weights that stays with each step, where averages
 *     go out instead of the weights
 * @param seed of the order of samples and of all that is drawn
 */
public record TrainingSettings(
    TrainingBudget budget,
    Steps steps,
    OptimizerSettings optimizer,
    LearningRate rate,
    OptionalDouble largestNorm,
    OptionalDouble average,
    long seed) {

  /**
   * Samples of a step.
   *
   * @param batch samples per step; those that are left over after the last full batch of an epoch
   *     sit it out, since a BatchNorm over very few images is noise
   * @param piece samples that are computed at once; gradients of the pieces of a step add up
   */
  public record Steps(int batch, int piece) {
    /** A step; {@code piece} must not be larger than {@code batch}. */
    public Steps {
      if (batch < 1 || piece < 1 || piece > batch) {
        throw new IllegalArgumentException(
            "batch must be at least 1, and what is computed at once from 1 to batch, but they are %d and %d"
                .formatted(batch, piece));
      }
    }

    /** Steps that are computed at once. */
    public static Steps of(int batch) {
      return new Steps(batch, batch);
    }
  }

  /**
   * Checked settings.
   *
   * @throws IllegalArgumentException with everything that is out of range
   */
  public TrainingSettings {
    List<String> problems = new ArrayList<>();
    if (largestNorm.isPresent() && !(largestNorm.getAsDouble() > 0)) {
      problems.add("largestNorm must be positive, but is " + largestNorm.getAsDouble());
    }
    if (average.isPresent() && !(average.getAsDouble() > 0 && average.getAsDouble() < 1)) {
      problems.add("average must be between 0 and 1, but is " + average.getAsDouble());
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("\n", problems));
    }
  }

  /**
   * Returns what CIFAR networks are usually trained with: SGD, learning rate 0.1 per 128 images of
   * a batch, an epoch to warm up, a cosine to zero.
   */
  public static TrainingSettings cifar(int epochs, int batch, long seed) {
    return new TrainingSettings(
        TrainingBudget.ofEpochs(epochs),
        Steps.of(batch),
        new OptimizerSettings.Sgd(0.9, true, 5e-4),
        new LearningRate(
            LearningRate.Schedule.COSINE, 0.1 * batch / 128, Math.min(1, epochs / 2.0) / epochs),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        seed);
  }

  /**
   * Returns what models that read text are usually trained with: AdamW with a decay of 0.01, a
   * tenth of the steps to warm up, a cosine to zero, gradients of length 1 at most; the defaults of
   * Hugging Face's trainer, but for the cosine and the warm-up.
   */
  public static TrainingSettings text(int epochs, int batch, double learningRate, long seed) {
    return new TrainingSettings(
        TrainingBudget.ofEpochs(epochs),
        Steps.of(batch),
        new OptimizerSettings.AdamW(0.01),
        new LearningRate(LearningRate.Schedule.COSINE, learningRate, 0.1),
        OptionalDouble.of(1),
        OptionalDouble.empty(),
        seed);
  }

  /** The same of another optimizer. */
  public TrainingSettings with(OptimizerSettings other) {
    return new TrainingSettings(budget, steps, other, rate, largestNorm, average, seed);
  }

  /** The same at another learning rate. */
  public TrainingSettings with(LearningRate other) {
    return new TrainingSettings(budget, steps, optimizer, other, largestNorm, average, seed);
  }

  /** The same for as long as another budget lasts. */
  public TrainingSettings with(TrainingBudget other) {
    return new TrainingSettings(other, steps, optimizer, rate, largestNorm, average, seed);
  }

  /** The same with steps of other sizes. */
  public TrainingSettings with(Steps other) {
    return new TrainingSettings(budget, other, optimizer, rate, largestNorm, average, seed);
  }

  /** The same by another seed. */
  public TrainingSettings with(long other) {
    return new TrainingSettings(budget, steps, optimizer, rate, largestNorm, average, other);
  }

  /** The same, whose running average of weights goes out. */
  public TrainingSettings averaging(double share) {
    return new TrainingSettings(
        budget, steps, optimizer, rate, largestNorm, OptionalDouble.of(share), seed);
  }
}
