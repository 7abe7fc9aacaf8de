package io.espalier.worker.algorithm.search;

import java.util.Arrays;

/**
 * The measured time of one layer at some of its sizes, and by interpolation at all of them.
 *
 * <p>Between the points of the grid the time is bilinear, outside of it that of the nearest point.
 * Measured times are raised where a smaller layer was slower, so that time grows with both sizes: a
 * search may rely on it.
 */
public final class LatencyTable {
  private final int[] outs;
  private final int[] ins;
  private final double[][] measured;
  private final long[][] nanos;

  private LatencyTable(int[] outs, int[] ins, double[][] measured) {
    this.outs = outs;
    this.ins = ins;
    this.measured = measured;
    this.nanos =
        Arrays.stream(measured)
            .map(row -> Arrays.stream(row).mapToLong(Math::round).toArray())
            .toArray(long[][]::new);
  }

  /**
   * A table; everything is copied.
   *
   * @param outs output sizes of the grid, ascending
   * @param ins input sizes of the grid, ascending; the single 1 for a depthwise layer
   * @param nanos times in nanoseconds, {@code [out][in]}
   */
  public static LatencyTable of(int[] outs, int[] ins, double[][] nanos) {
    requireAscending("output", outs);
    requireAscending("input", ins);
    if (nanos.length != outs.length) {
      throw new IllegalArgumentException(
          "%d rows of times for %d output sizes".formatted(nanos.length, outs.length));
    }
    double[][] rising = new double[outs.length][];
    for (int o = 0; o < outs.length; o++) {
      rising[o] = row(nanos[o], ins.length, outs[o]);
      raise(rising, o);
    }
    return new LatencyTable(outs.clone(), ins.clone(), rising);
  }

  /**
   * Nanoseconds at a size, rounded down. In whole numbers throughout: rounding of fractions could
   * make a larger layer faster by a nanosecond.
   */
  long at(long out, long in) {
    int o = below(outs, out);
    int i = below(ins, in);
    int nextOut = Math.min(o + 1, outs.length - 1);
    int nextIn = Math.min(i + 1, ins.length - 1);
    long height = Math.max(1, outs[nextOut] - outs[o]);
    long width = Math.max(1, ins[nextIn] - ins[i]);
    long down = Math.max(0, Math.min(height, out - outs[o]));
    long right = Math.max(0, Math.min(width, in - ins[i]));
    long upper = nanos[o][i] * (width - right) + nanos[o][nextIn] * right;
    long lower = nanos[nextOut][i] * (width - right) + nanos[nextOut][nextIn] * right;
    return (upper * (height - down) + lower * down) / (height * width);
  }

  /** The same table with all times multiplied. */
  LatencyTable scaled(double factor) {
    double[][] scaled =
        Arrays.stream(measured)
            .map(row -> Arrays.stream(row).map(time -> time * factor).toArray())
            .toArray(double[][]::new);
    return new LatencyTable(outs, ins, scaled);
  }

  /** The last position of the grid at or below a size; 0 if the size is below all. */
  private static int below(int[] grid, long size) {
    int key = (int) Math.min(Integer.MAX_VALUE, size);
    int found = Arrays.binarySearch(grid, key);
    return found >= 0 ? found : Math.max(0, -found - 2);
  }

  private static void raise(double[][] rows, int o) {
    for (int i = 0; i < rows[o].length; i++) {
      double left = i > 0 ? rows[o][i - 1] : 0;
      double above = o > 0 ? rows[o - 1][i] : 0;
      rows[o][i] = Math.max(rows[o][i], Math.max(left, above));
    }
  }

  private static double[] row(double[] times, int columns, int out) {
    if (times.length != columns) {
      throw new IllegalArgumentException(
          "%d times at output size %d, but %d input sizes".formatted(times.length, out, columns));
    }
    for (double time : times) {
      if (!(time >= 0 && Double.isFinite(time))) {
        throw new IllegalArgumentException("time %s at output size %d".formatted(time, out));
      }
    }
    return times.clone();
  }

  private static void requireAscending(String side, int[] sizes) {
    boolean ascending = sizes.length > 0 && sizes[0] > 0;
    for (int i = 1; i < sizes.length; i++) {
      ascending &= sizes[i] > sizes[i - 1];
    }
    if (!ascending) {
      throw new IllegalArgumentException(
          "%s sizes %s are not positive and ascending".formatted(side, Arrays.toString(sizes)));
    }
  }
}
