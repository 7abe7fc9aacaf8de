package io.espalier.worker.algorithm.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Where a training is, between two steps.
 *
 * @param steps that were taken
 * @param tokens that were shown in them, padding left out
 * @param seconds that they took
 * @param rateFactor what the learning rate is multiplied by, after losses that were no numbers
 * @param losses of the steps
 * @param points what was judged so far, the start first
 * @param higherIsBetter whether more is better of what the points measure
 */
record TrainingState(
    long steps,
    long tokens,
    double seconds,
    double rateFactor,
    Losses losses,
    List<LearningCurve.Point> points,
    boolean higherIsBetter) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Nothing done yet. */
  static final TrainingState START =
      new TrainingState(0, 0, 0, 1, new Losses(0, 0, List.of()), List.of(), true);

  /**
   * Losses of steps.
   *
   * @param ofEpoch those of the epoch that is under way, added up
   * @param sincePoint those since the last judgement, added up
   * @param epochs mean of each epoch that is over
   */
  record Losses(double ofEpoch, double sincePoint, List<Double> epochs) {
    Losses {
      epochs = List.copyOf(epochs);
    }

    Losses and(double loss) {
      return new Losses(ofEpoch + loss, sincePoint + loss, epochs);
    }
  }

  TrainingState {
    points = List.copyOf(points);
  }

  /** The same after a step. */
  TrainingState after(double loss, long tokensOfStep, double secondsOfStep) {
    return new TrainingState(
        steps + 1,
        tokens + tokensOfStep,
        seconds + secondsOfStep,
        rateFactor,
        losses.and(loss),
        points,
        higherIsBetter);
  }

  /** The same after the steps of an epoch, or as many of one as there are. */
  TrainingState epochOver(long stepsOfIt) {
    List<Double> more = new ArrayList<>(losses.epochs());
    more.add(losses.ofEpoch() / stepsOfIt);
    return with(new Losses(0, losses.sincePoint(), more), points, higherIsBetter);
  }

  /** The same with another judgement. */
  TrainingState judged(double measure, boolean higher) {
    long before = points.isEmpty() ? steps : points.get(points.size() - 1).step();
    List<LearningCurve.Point> more = new ArrayList<>(points);
    more.add(new LearningCurve.Point(steps, losses.sincePoint() / (steps - before), measure));
    return with(new Losses(losses.ofEpoch(), 0, losses.epochs()), more, higher);
  }

  /** The same at another learning rate. */
  TrainingState atRate(double factor) {
    return new TrainingState(steps, tokens, seconds, factor, losses, points, higherIsBetter);
  }

  private TrainingState with(Losses other, List<LearningCurve.Point> judgements, boolean higher) {
    return new TrainingState(steps, tokens, seconds, rateFactor, other, judgements, higher);
  }

  /** Position of the best of the points; empty if there is none. */
  OptionalInt best() {
    return LearningCurve.best(points, higherIsBetter);
  }

  /** Returns whether what was judged last is the best. */
  boolean isBest() {
    return best().orElse(-1) == points.size() - 1;
  }

  /** Numbers of the steps that the best of the points were judged after. */
  Set<Long> bestSteps(int most) {
    return LearningCurve.best(points, higherIsBetter, most).stream()
        .map(LearningCurve.Point::step)
        .collect(Collectors.toSet());
  }

  LearningCurve curve() {
    return new LearningCurve(losses.epochs(), points, steps, higherIsBetter);
  }

  String toJson() {
    try {
      return JSON.writeValueAsString(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot write the state of a training as JSON", e);
    }
  }

  /** Returns a state as {@link #toJson} writes it; empty if it is none. */
  static Optional<TrainingState> parse(String json) {
    try {
      return Optional.of(JSON.readValue(json, TrainingState.class));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }
}
