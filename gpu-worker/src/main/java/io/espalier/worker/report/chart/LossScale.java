package io.espalier.worker.report.chart;

import io.espalier.worker.report.facts.PruningReport.AxisFacts;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * From losses to colours: {@value #STEPS} steps of even ratio up to the largest loss, and one
 * colour for no loss at all. Losses of axes differ by orders of magnitude, so that on an even scale
 * nothing but the worst could be told apart. The colours themselves are in the style sheet, evenly
 * spaced to the eye.
 *
 * @param smallest everything positive up to it has the first colour
 * @param largest has the last colour
 */
public record LossScale(double smallest, double largest) {
  static final int STEPS = 11;

  private static final double LARGEST_RATIO = 1e3;

  /** The scale for all losses of a report. */
  public static LossScale of(List<AxisFacts> axes) {
    return of(
        axes.stream().flatMap(axis -> axis.losses().stream()).mapToDouble(Double::doubleValue));
  }

  /** The scale for any values. */
  public static LossScale of(DoubleStream values) {
    double[] positive = values.filter(loss -> loss > 0 && Double.isFinite(loss)).sorted().toArray();
    if (positive.length == 0) {
      return new LossScale(0, 0);
    }
    double largest = positive[positive.length - 1];
    return new LossScale(Math.max(positive[0], largest / LARGEST_RATIO), largest);
  }

  /** Returns whether nothing loses anything. */
  public boolean isFlat() {
    return largest <= 0;
  }

  /** Returns whether all that lose anything lose the same. */
  boolean hasOneLoss() {
    return smallest == largest;
  }

  /** The style of a cell. */
  String style(double loss) {
    if (Double.isNaN(loss)) {
      return "unknown";
    }
    return loss <= 0 ? "zero" : "h" + step(loss);
  }

  int step(double loss) {
    if (loss >= largest) {
      return STEPS - 1;
    }
    if (loss <= smallest) {
      return 0;
    }
    double part = Math.log(loss / smallest) / Math.log(largest / smallest);
    return Math.min(STEPS - 1, (int) (part * STEPS));
  }

  /** The loss at which a step begins. */
  double start(int step) {
    return smallest * Math.pow(largest / smallest, (double) step / STEPS);
  }
}
