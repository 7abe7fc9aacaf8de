package io.espalier.worker.algorithm.train;

import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * The way of a training.
 *
 * @param losses mean loss of each epoch, in the objective's unit; the last one of as many steps as
 *     the budget left
 * @param points what held-out samples said on the way, the start first; none if none were asked
 * @param steps that were taken
 * @param higherIsBetter whether more is better of what the points measure
 */
public record LearningCurve(
    List<Double> losses, List<Point> points, long steps, boolean higherIsBetter) {
  /**
   * A judgement on the way.
   *
   * @param step steps that were taken before it
   * @param loss mean loss of the steps since the point before it; not a number at the start
   * @param measure what held-out samples say
   */
  public record Point(long step, double loss, double measure) {}

  /** A way; copies the lists. */
  public LearningCurve {
    losses = List.copyOf(losses);
    points = List.copyOf(points);
  }

  /** Position of the best of the points, the first of equals; empty if there is none. */
  public OptionalInt best() {
    return best(points, higherIsBetter);
  }

  /**
   * Returns the best of the points, the best first and of equals the earlier one.
   *
   * @param most how many at most
   */
  public List<Point> best(int most) {
    return best(points, higherIsBetter, most);
  }

  static List<Point> best(List<Point> points, boolean higherIsBetter, int most) {
    Comparator<Point> byMeasure = Comparator.comparingDouble(Point::measure);
    return points.stream()
        .filter(point -> !Double.isNaN(point.measure()))
        .sorted(higherIsBetter ? byMeasure.reversed() : byMeasure)
        .limit(most)
        .toList();
  }

  static OptionalInt best(List<Point> points, boolean higherIsBetter) {
    return IntStream.range(0, points.size())
        .filter(i -> !Double.isNaN(points.get(i).measure()))
        .reduce(
            (one, other) ->
                better(points.get(other).measure(), points.get(one).measure(), higherIsBetter)
                    ? other
                    : one);
  }

  static boolean better(double one, double other, boolean higherIsBetter) {
    return higherIsBetter ? one > other : one < other;
  }
}
