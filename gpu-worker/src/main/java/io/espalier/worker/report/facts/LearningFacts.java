package io.espalier.worker.report.facts;

import java.util.List;
import java.util.OptionalDouble;

/**
 * The way of a training.
 *
 * @param measure what was judged on held-out samples, such as {@code accuracy}
 * @param unit of the measure
 * @param points judgements in their order, the start first; at least one
 * @param best position of the one that went out
 * @param teacher the same measure of the teacher; empty if it is not known
 */
public record LearningFacts(
    String measure, String unit, List<Point> points, int best, OptionalDouble teacher) {
  /**
   * A judgement.
   *
   * @param step steps taken before it
   * @param loss mean loss of the steps since the judgement before; not a number at the start
   * @param value of the measure
   */
  public record Point(long step, double loss, double value) {}

  /** A way; the list is copied. */
  public LearningFacts {
    points = List.copyOf(points);
    if (points.isEmpty() || best < 0 || best >= points.size()) {
      throw new IllegalArgumentException(
          "%d points, of which number %d is the best".formatted(points.size(), best));
    }
  }
}
