package io.espalier.worker.algorithm.train;

import java.util.OptionalLong;

/**
 * A bound of how long is trained; the last step that begins within it is the last.
 *
 * @param unit of the amount
 * @param amount positive; of epochs and steps a whole number of steps comes of it
 */
public record TrainingBudget(Unit unit, double amount) {
  /** Units of a training's length. */
  public enum Unit {
    /** Passes over the data. */
    EPOCHS,
    /** Steps of the optimizer. */
    STEPS,
    /** Tokens that are shown, padding left out. */
    TOKENS,
    /** Seconds in which steps are computed, judging and keeping left out. */
    SECONDS
  }

  /** A budget. */
  public TrainingBudget {
    if (!(amount > 0) || Double.isInfinite(amount)) {
      throw new IllegalArgumentException(
          "a training of %s %s; wanted more than 0".formatted(amount, unit.name().toLowerCase()));
    }
  }

  /** So many passes over the data. */
  public static TrainingBudget ofEpochs(double epochs) {
    return new TrainingBudget(Unit.EPOCHS, epochs);
  }

  /** So many steps. */
  public static TrainingBudget ofSteps(long steps) {
    return new TrainingBudget(Unit.STEPS, steps);
  }

  /** Returns how many steps it is, if that is known before the training. */
  OptionalLong steps(int stepsPerEpoch) {
    return switch (unit) {
      case EPOCHS -> OptionalLong.of(Math.max(1, Math.round(amount * stepsPerEpoch)));
      case STEPS -> OptionalLong.of(Math.max(1, Math.round(amount)));
      case TOKENS, SECONDS -> OptionalLong.empty();
    };
  }

  /** Returns which share of it is used up, 1 or more at its end. */
  double used(TrainingState state, int stepsPerEpoch) {
    return switch (unit) {
      case EPOCHS, STEPS -> (double) state.steps() / steps(stepsPerEpoch).getAsLong();
      case TOKENS -> state.tokens() / amount;
      case SECONDS -> state.seconds() / amount;
    };
  }

  /**
   * Returns which share of it a step takes.
   *
   * @param tokens of the step
   */
  double share(long tokens, TrainingState state, int stepsPerEpoch) {
    return switch (unit) {
      case EPOCHS, STEPS -> 1.0 / steps(stepsPerEpoch).getAsLong();
      case TOKENS -> tokens / amount;
      case SECONDS -> state.seconds() / Math.max(1, state.steps()) / amount;
    };
  }
}
