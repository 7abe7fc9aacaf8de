package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.algorithm.prune.ChannelOrder;
import io.espalier.worker.algorithm.search.SearchSpace.Choices;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Measures a {@link SensitivityMap}: cuts one axis at a time, from its narrowest width up, and
 * notes how much score that loses.
 *
 * <p>As soon as a width loses no more than 1e-5 of the original score, or of what the narrowest
 * width loses if that is more, wider ones are taken to lose nothing. (ModelOpt compares with 1e-5
 * itself, which cuts off every loss of a score on a small scale.) Afterwards no width loses less
 * than a wider one, and none less than nothing. At most {@code 1 + Σ (choices - 1)} models are
 * scored. The map is stored after every axis, and a stored one is continued.
 *
 * <p>Source: ModelOpt 0.40, {@code modelopt/torch/nas/algorithms.py}, BinarySearcher.
 */
final class SensitivityMeasurement {
  private static final double TOLERANCE = 1e-5;
  private static final String PHASE = "measuring sensitivity";

  /** Scores models; more is better. */
  @FunctionalInterface
  interface Score {
    /** The score of the model at these widths. */
    double of(Widths widths);

    /** Returns what was computed by now, in whole passes over the images. */
    default double passes() {
      return 0;
    }
  }

  private final List<Choices> axes;
  private final Score score;
  private final SensitivityStore store;
  private final Progress.Listener progress;
  private final long total;
  private long done;

  /**
   * A measurement.
   *
   * @param axes in the order in which they are measured
   */
  SensitivityMeasurement(
      List<Choices> axes, Score score, SensitivityStore store, Progress.Listener progress) {
    this.axes = List.copyOf(axes);
    this.score = score;
    this.store = store;
    this.progress = progress;
    this.total = 1 + axes.stream().mapToLong(choices -> choices.widths().size() - 1).sum();
  }

  /**
   * A map of no axis yet.
   *
   * @param fingerprint of everything that the score depends on
   * @param order in which units are kept; noted in the map
   * @throws InvalidInputException if the score of the model at hand is not a number
   */
  SensitivityMap begin(String fingerprint, ChannelOrder order) {
    return new SensitivityMap(fingerprint, order.units(), scored(Widths.all()), Map.of());
  }

  /**
   * The whole map.
   *
   * @param begun what is known of it
   * @throws InvalidInputException if a score is not a number
   */
  SensitivityMap goOn(SensitivityMap begun) {
    SensitivityMap map = begun;
    done = 1;
    report();
    for (Choices choices : axes) {
      String axis = choices.axis().name();
      if (!map.axes().containsKey(axis)) {
        map = map.with(axis, measured(choices, map.originalScore()));
        store.save(map);
      }
      done += choices.widths().size() - 1;
      report();
    }
    return map;
  }

  private SensitivityMap.Entry measured(Choices choices, double original) {
    List<Integer> widths = choices.widths();
    double[] losses = new double[widths.size()];
    int evaluations = 0;
    double before = score.passes();
    for (int i = 0; i + 1 < losses.length; i++) {
      double loss = original - scored(new Widths(Map.of(choices.axis().name(), widths.get(i))));
      evaluations++;
      progress.report(Progress.of(PHASE, done + evaluations, total));
      if (loss <= TOLERANCE * Math.max(Math.abs(original), losses[0])) {
        break;
      }
      losses[i] = loss;
    }
    repair(losses);
    return new SensitivityMap.Entry(
        widths, Arrays.stream(losses).boxed().toList(), evaluations, score.passes() - before);
  }

  private static void repair(double[] losses) {
    for (int i = losses.length - 2; i >= 0; i--) {
      losses[i] = Math.max(losses[i], losses[i + 1]);
    }
  }

  private double scored(Widths widths) {
    double value = score.of(widths);
    if (!Double.isFinite(value)) {
      String model = widths.units().isEmpty() ? "uncut model" : "model cut to " + widths.units();
      throw new InvalidInputException(
          "the score of the %s is %s; look for infinite or undefined weights in the model, or images of another normalisation"
              .formatted(model, value));
    }
    return value;
  }

  private void report() {
    progress.report(Progress.of(PHASE, done, total));
  }
}
