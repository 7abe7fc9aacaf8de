package io.espalier.worker.algorithm.evaluate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.model.Window;
import io.espalier.worker.tensor.FeatureMaps;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;

/** Times single layers on this device: one sample, random numbers, after a warm-up. */
public final class LayerTimer {
  /*
   * The fastest of a few turns counts: whatever else the machine does only ever adds time. A turn is
   * several passes and one number read back, since a device may run ahead of the program otherwise.
   */
  private static final int WARM_UP = 2;
  private static final int TURNS = 5;
  private static final int PASSES = 3;
  private static final long SEED = 1;

  /**
   * A layer of a certain size.
   *
   * @param out outputs
   * @param in inputs of one output; 1 if the layer is depthwise
   * @param window kernel, stride and output size
   * @param depthwise whether each output reads the input of its own place
   * @param flat whether it is linear, with a weight of two dimensions
   */
  public record Sized(int out, int in, Window window, boolean depthwise, boolean flat) {
    /** In words, the same for the same layer; such as {@code 16x32 3/2 8x8}. */
    public String key() {
      return String.format(
          Locale.ROOT,
          "%dx%d %d/%d %dx%d%s%s",
          out,
          in,
          window.kernel(),
          window.stride(),
          window.height(),
          window.width(),
          depthwise ? " depthwise" : "",
          flat ? " linear" : "");
    }

    private long[] weight() {
      return flat ? new long[] {out, in} : new long[] {out, in, window.kernel(), window.kernel()};
    }

    private long[] sample() {
      return flat
          ? new long[] {window.positions(), in}
          : new long[] {
            1,
            depthwise ? out : in,
            (long) window.height() * window.stride(),
            (long) window.width() * window.stride()
          };
    }
  }

  private final LongSupplier clock;

  /** A timer by the system's clock. */
  public LayerTimer() {
    this(System::nanoTime);
  }

  /**
   * A timer.
   *
   * @param clock nanoseconds, ascending
   */
  public LayerTimer(LongSupplier clock) {
    this.clock = clock;
  }

  /**
   * Nanoseconds of one pass of a layer.
   *
   * @throws WorkerException if the clock does not show that any time passes
   */
  public double nanos(Sized layer) {
    try (NDManager manager = PyTorch.newManager();
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray x = random(manager, layer.sample());
      NDArray weight = random(manager, layer.weight());
      NDArray bias = random(manager, layer.out());
      long best = Long.MAX_VALUE;
      for (int turn = -WARM_UP; turn < TURNS; turn++) {
        long nanos = turn(layer, x, weight, bias);
        best = turn < 0 ? best : Math.min(best, nanos);
      }
      return (double) requirePassed(best, layer.key()) / PASSES;
    }
  }

  /**
   * Makes sure that a duration can be worked with.
   *
   * @throws WorkerException if it is not positive
   */
  public static long requirePassed(long nanos, String what) {
    if (nanos <= 0) {
      throw new WorkerException(
          "this device cannot be timed: %s took %d ns by its clock; leave out the latency constraint, or run it on another device"
              .formatted(what, nanos),
          false,
          null);
    }
    return nanos;
  }

  private long turn(Sized layer, NDArray x, NDArray weight, NDArray bias) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      long start = clock.getAsLong();
      NDArray y = x;
      for (int i = 0; i < PASSES; i++) {
        y = layer.flat() ? Tensors.linear(x, weight, bias) : conv(layer, x, weight);
      }
      Tensors.mean(y).getFloat();
      return clock.getAsLong() - start;
    }
  }

  private static NDArray conv(Sized layer, NDArray x, NDArray weight) {
    return FeatureMaps.conv2d(x, weight, layer.window().stride(), layer.window().kernel() / 2);
  }

  /** Values around zero; zeros could be faster than real ones. */
  private static NDArray random(NDManager manager, long... shape) {
    int size = 1;
    for (long side : shape) {
      size = Math.toIntExact(size * side);
    }
    var random = new SplittableRandom(SEED);
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.nextDouble(-1, 1);
    }
    return Tensors.of(manager, values, shape);
  }
}
