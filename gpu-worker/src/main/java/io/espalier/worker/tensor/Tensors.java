package io.espalier.worker.tensor;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * The tensor operations of this project, all of them differentiable unless they say otherwise.
 *
 * <p>Results belong to the innermost open {@link ai.djl.ndarray.NDScope}, and live until it closes;
 * without one they stay on the manager of the first operand, often that of the weights. So a step
 * that computes anything opens a scope.
 */
public final class Tensors {
  /*
   * Why one class: the array library below has operators that are wrong without a word.
   *
   * 1. Operators that take a Java number wrap it in an array whose memory belongs to a Java buffer.
   *    Autograd keeps only the address; when the garbage collector frees the buffer before the backward
   *    pass, gradients are garbage. Scalars here are therefore made and owned by PyTorch. For the same
   *    reason arrays made of Java arrays are copied into memory that PyTorch owns.
   * 2. toType, toDevice and duplicate cut the graph: the gradient is simply missing behind them.
   * 3. Types that the native layer does not know (BFLOAT16, INT16, UINT16) abort the whole JVM.
   *
   * An architecture test keeps all of these out of every other class. Operations on feature maps meet none
   * of them and are in FeatureMaps.
   */
  private Tensors() {}

  // ---- creation

  /** A copy of Java numbers as a float32 array, in memory of its own. */
  public static NDArray of(NDManager manager, float[] values, long... shape) {
    return filled(
        manager,
        sized(values.length, shape),
        DataType.FLOAT32,
        (from, into) ->
            into.asFloatBuffer().put(values, (int) from, into.remaining() / Float.BYTES));
  }

  /** A copy of Java numbers as a float64 array, in memory of its own. */
  public static NDArray of(NDManager manager, double[] values, long... shape) {
    return filled(
        manager,
        sized(values.length, shape),
        DataType.FLOAT64,
        (from, into) ->
            into.asDoubleBuffer().put(values, (int) from, into.remaining() / Double.BYTES));
  }

  /** A copy of float64 numbers in a direct buffer of the machine's order, in memory of its own. */
  public static NDArray of(NDManager manager, ByteBuffer doubles, long... shape) {
    return filled(
        manager,
        sized(doubles.remaining() / Double.BYTES, shape),
        DataType.FLOAT64,
        (from, into) ->
            into.put(
                doubles.slice(doubles.position() + (int) from * Double.BYTES, into.remaining())));
  }

  /** A copy of Java numbers as an int64 array, in memory of its own. */
  public static NDArray of(NDManager manager, long[] values, long... shape) {
    return filled(
        manager,
        sized(values.length, shape),
        DataType.INT64,
        (from, into) -> into.asLongBuffer().put(values, (int) from, into.remaining() / Long.BYTES));
  }

  /**
   * Returns a copy of pixels in the order (batch, channels, height, width), of this shape, as a
   * float32 array. On a processor the channels of a point lie side by side in its memory, and so
   * they do in all that a convolutional network makes of it: its layers take about half the time
   * then.
   */
  public static NDArray images(NDManager manager, float[] pixels, long... shape) {
    NDArray images = of(manager, pixels, shape);
    if (images.getDevice().isGpu()) {
      return images;
    }
    NDArray turned = channelsLast(images);
    NDArray copy = reshape(reshape(turned, turned.size()), turned.getShape().getShape());
    return channelsFirst(copy);
  }

  private static Shape sized(int values, long... shape) {
    var sized = new Shape(shape);
    if (sized.size() != values) {
      throw new IllegalArgumentException("%d numbers do not fill %s".formatted(values, sized));
    }
    return sized;
  }

  /**
   * The same array if it is on the device, else a copy that is. The gradient behind a copy is
   * missing.
   */
  public static NDArray on(NDArray x, Device device) {
    return x.toDevice(device, false);
  }

  /** A scalar of the type and device of another array, owned by PyTorch. */
  public static NDArray scalar(NDArray like, double value) {
    return full(like, value);
  }

  /** An array of the type and device of another one, filled with one value. */
  public static NDArray full(NDArray like, double value, long... shape) {
    return JniUtils.full(
        p(like).getManager(),
        new Shape(shape),
        value,
        like.getDataType(),
        like.getDevice(),
        SparseFormat.DENSE);
  }

  // ---- arithmetic; shapes broadcast

  /** a + b. */
  public static NDArray add(NDArray a, NDArray b) {
    return JniUtils.add(p(a), p(b));
  }

  /** x + c. */
  public static NDArray add(NDArray x, double c) {
    return add(x, scalar(x, c));
  }

  /** a - b. */
  public static NDArray subtract(NDArray a, NDArray b) {
    return JniUtils.sub(p(a), p(b));
  }

  /** a · b, element by element. */
  public static NDArray multiply(NDArray a, NDArray b) {
    return JniUtils.mul(p(a), p(b));
  }

  /** x · c. */
  public static NDArray scale(NDArray x, double c) {
    return multiply(x, scalar(x, c));
  }

  /** -x. */
  public static NDArray negate(NDArray x) {
    return JniUtils.neg(p(x));
  }

  /** x², element by element. */
  public static NDArray square(NDArray x) {
    return JniUtils.square(p(x));
  }

  /** a / b, element by element. */
  public static NDArray divide(NDArray a, NDArray b) {
    return JniUtils.div(p(a), p(b));
  }

  /** The nearest whole number, ties to even, element by element; not differentiable. */
  public static NDArray round(NDArray x) {
    return JniUtils.round(p(x));
  }

  /** √x, element by element. */
  public static NDArray sqrt(NDArray x) {
    return JniUtils.sqrt(p(x));
  }

  /** |x|, element by element. */
  public static NDArray magnitude(NDArray x) {
    return JniUtils.abs(p(x));
  }

  /** e to the power of x, element by element. */
  public static NDArray exp(NDArray x) {
    return JniUtils.exp(p(x));
  }

  /** Natural logarithm of x, element by element. */
  public static NDArray log(NDArray x) {
    return JniUtils.log(p(x));
  }

  /** The same numbers as a constant; the gradient behind it is missing, as is meant. */
  public static NDArray constant(NDArray x) {
    return JniUtils.detachGradient(p(x));
  }

  /** Each row of (rows, columns), divided by its length. */
  public static NDArray unitRows(NDArray x) {
    NDArray squares = JniUtils.sum(p(square(x)), new long[] {1}, true); // (rows, 1)
    return divide(x, sqrt(add(squares, SMALLEST_SQUARE)));
  }

  /** Keeps a row of zeros from being divided by zero; smaller than a float's precision else. */
  private static final double SMALLEST_SQUARE = 1e-24;

  /** The larger of x and c, element by element; where they are equal the gradient is shared. */
  public static NDArray atLeast(NDArray x, double c) {
    return JniUtils.max(p(x), p(scalar(x, c)));
  }

  // ---- types

  /** An array's numbers in the type of another one; not differentiable. */
  public static NDArray inTypeOf(NDArray like, NDArray x) {
    return JniUtils.to(p(x), like.getDataType(), like.getDevice());
  }

  /** An array's numbers in float64; not differentiable. */
  public static NDArray inDoublePrecision(NDArray x) {
    return JniUtils.to(p(x), DataType.FLOAT64, x.getDevice());
  }

  /** 1 where an element of an int64 array is not c, 0 where it is; int64, not differentiable. */
  public static NDArray isNot(NDArray x, long c) {
    return inTypeOf(x, JniUtils.neq(p(x), p(scalar(x, (double) c))));
  }

  /** 1 where an element is more than c, 0 where not; of the array's type, not differentiable. */
  public static NDArray isAbove(NDArray x, double c) {
    return inTypeOf(x, JniUtils.gt(p(x), p(scalar(x, c))));
  }

  // ---- reductions

  /** Sum of all elements, a scalar. */
  public static NDArray sum(NDArray x) {
    return JniUtils.sum(p(x));
  }

  /** Sum along axes, which disappear. */
  public static NDArray sum(NDArray x, int... axes) {
    long[] wide = new long[axes.length];
    for (int i = 0; i < axes.length; i++) {
      wide[i] = axes[i];
    }
    return JniUtils.sum(p(x), wide, false);
  }

  /** The largest element along an axis, which disappears. */
  public static NDArray largest(NDArray x, int axis) {
    return JniUtils.max(p(x), axis, false);
  }

  /** Mean of all elements, a scalar. */
  public static NDArray mean(NDArray x) {
    return JniUtils.mean(p(x));
  }

  /** Sums of the first 1, 2, … elements along an axis. */
  public static NDArray cumulativeSum(NDArray x, int axis) {
    return JniUtils.cumSum(p(x), axis);
  }

  /** Index of the largest element along an axis, int64; not differentiable. */
  public static NDArray argMax(NDArray x, int axis) {
    return JniUtils.argMax(p(x), axis, false);
  }

  /**
   * The k largest elements along the last axis, the largest first, and their indices, int64; the
   * elements are differentiable.
   */
  public static List<NDArray> topK(NDArray x, int k) {
    return JniUtils.topK(p(x), k, x.getShape().dimension() - 1L, true, true);
  }

  // ---- layers

  /** (…, in) · weight (out, in)ᵀ + bias (out) → (…, out). */
  public static NDArray linear(NDArray x, NDArray weight, NDArray bias) {
    return JniUtils.linear(p(x), p(weight), p(bias));
  }

  /** (…, in) · weight (out, in)ᵀ → (…, out). */
  public static NDArray linear(NDArray x, NDArray weight) {
    return matMul(x, transpose(weight, 0, 1));
  }

  /** The rows of a table (rows, width) at ids (…), int64 → (…, width). */
  public static NDArray embedding(NDArray table, NDArray ids) {
    return JniUtils.embedding(p(ids), p(table), false);
  }

  /**
   * Normalises the last axis of (…, width) by its mean and biased variance, then scales and shifts:
   * {@code (x - mean) / sqrt(variance + epsilon) · weight + bias}.
   *
   * @param weight (width)
   * @param bias (width)
   */
  public static NDArray layerNorm(NDArray x, NDArray weight, NDArray bias, double epsilon) {
    return JniUtils.layerNorm(p(x), weight.getShape(), p(weight), p(bias), epsilon);
  }

  /**
   * Divides the last axis of (…, width) by the root of its mean square, then scales: {@code x /
   * sqrt(mean(x²) + epsilon) · weight}.
   *
   * @param weight (width)
   */
  public static NDArray rmsNorm(NDArray x, NDArray weight, double epsilon) {
    long last = x.getShape().dimension() - 1L;
    NDArray meanSquare = JniUtils.mean(p(square(x)), last, true); // (…, 1)
    return multiply(divide(x, sqrt(add(meanSquare, epsilon))), weight);
  }

  /** (…, n, k) · (…, k, m) → (…, n, m). */
  public static NDArray matMul(NDArray a, NDArray b) {
    return JniUtils.matmul(p(a), p(b));
  }

  /** Products of all rows: (n, k) · (m, k)ᵀ → (n, m). */
  public static NDArray products(NDArray a, NDArray b) {
    return JniUtils.matmul(p(a), JniUtils.transpose(p(b), 0, 1));
  }

  /** max(x, 0). */
  public static NDArray relu(NDArray x) {
    return JniUtils.relu(p(x));
  }

  /** min(max(x, 0), 6). */
  public static NDArray relu6(NDArray x) {
    return JniUtils.min(p(relu(x)), p(scalar(x, 6)));
  }

  /** 1 / (1 + e⁻ˣ). */
  public static NDArray sigmoid(NDArray x) {
    return JniUtils.sigmoid(p(x));
  }

  /** Hyperbolic tangent. */
  public static NDArray tanh(NDArray x) {
    return JniUtils.tanh(p(x));
  }

  /** x · Φ(x), with the distribution function of the standard normal distribution. */
  public static NDArray gelu(NDArray x) {
    return JniUtils.gelu(p(x));
  }

  /** Returns what GPT takes for {@link #gelu}: x / 2 · (1 + tanh(√(2/π) · (x + 0.044715 · x³))). */
  public static NDArray geluTanh(NDArray x) {
    NDArray cubic = multiply(x, add(scale(square(x), 0.044715), 1)); // x + 0.044715 · x³
    NDArray gate = add(tanh(scale(cubic, Math.sqrt(2 / Math.PI))), 1);
    return multiply(scale(x, 0.5), gate);
  }

  /** x · sigmoid(x). */
  public static NDArray silu(NDArray x) {
    return multiply(x, sigmoid(x));
  }

  /** min(max(x + 3, 0), 6) / 6. */
  public static NDArray hardSigmoid(NDArray x) {
    return scale(relu6(add(x, 3)), 1.0 / 6);
  }

  /** x · hardSigmoid(x). */
  public static NDArray hardSwish(NDArray x) {
    return multiply(x, hardSigmoid(x));
  }

  // ---- shape

  /** The same elements in another shape. */
  public static NDArray reshape(NDArray x, long... shape) {
    return JniUtils.reshape(p(x), shape);
  }

  /** Swaps two axes. */
  public static NDArray transpose(NDArray x, int a, int b) {
    return JniUtils.transpose(p(x), a, b);
  }

  /**
   * Returns the points of feature maps, (batch, channels, h, w), image by image: (points,
   * channels).
   */
  public static NDArray points(NDArray x) {
    return reshape(channelsLast(x), x.size() / x.getShape().get(1), x.getShape().get(1));
  }

  /** Returns the same memory as (batch, h, w, channels) that was (batch, channels, h, w). */
  static NDArray channelsLast(NDArray x) {
    return JniUtils.permute(p(x), new long[] {0, 2, 3, 1});
  }

  /** Returns the same memory as (batch, channels, h, w) that was (batch, h, w, channels). */
  static NDArray channelsFirst(NDArray x) {
    return JniUtils.permute(p(x), new long[] {0, 3, 1, 2});
  }

  /** The indices {@code from} up to (excluding) {@code to} of one axis. */
  public static NDArray slice(NDArray x, int axis, long from, long to) {
    return JniUtils.slice(p(x), axis, from, to, 1);
  }

  /** Arrays one after another along an axis. */
  public static NDArray concat(int axis, NDArray... arrays) {
    var all = new PtNDArray[arrays.length];
    for (int i = 0; i < arrays.length; i++) {
      all[i] = p(arrays[i]);
    }
    return JniUtils.cat(all, axis);
  }

  /** The given indices of one axis, in the given order; an index may repeat. */
  public static NDArray select(NDArray x, int axis, int... indices) {
    long[] wide = new long[indices.length];
    for (int i = 0; i < indices.length; i++) {
      wide[i] = indices[i];
    }
    NDArray index = of(p(x).getManager(), wide, wide.length);
    return x.get(new NDIndex(":,".repeat(axis) + "{}", index));
  }

  // ---- distributions

  /** Softmax along an axis. */
  public static NDArray softmax(NDArray x, int axis) {
    return JniUtils.softmax(p(x), axis, x.getDataType());
  }

  /** Logarithm of the softmax along an axis. */
  public static NDArray logSoftmax(NDArray x, int axis) {
    return JniUtils.logSoftmax(p(x), axis, x.getDataType());
  }

  /** From each row of (rows, columns) the element at that row's index (rows), int64 → (rows). */
  public static NDArray pick(NDArray x, NDArray index) {
    NDArray column = JniUtils.unsqueeze(p(index), 1);
    return JniUtils.squeeze(p(JniUtils.gather(p(x), p(column), 1)), 1);
  }

  /**
   * From each line of an array along an axis the elements at that line's indices, int64; of the
   * indices' shape, which is that of the array but for the axis.
   */
  public static NDArray gather(NDArray x, NDArray index, int axis) {
    return JniUtils.gather(p(x), p(index), axis);
  }

  /**
   * A copy of an array in which others take the place of the elements that {@link #gather} would
   * give.
   *
   * @param index int64, of the shape of {@code values}
   */
  public static NDArray replace(NDArray x, NDArray index, NDArray values, int axis) {
    return JniUtils.scatter(p(x), p(index), p(values), axis);
  }

  /** Each element of an axis so many times. */
  public static NDArray repeat(NDArray x, int axis, long times) {
    return JniUtils.repeat(p(x), times, axis);
  }

  // ---- in place, for optimizers and statistics; not differentiable, gradients must be off

  /** {@code target += c · x}. */
  public static void addScaledInPlace(NDArray target, NDArray x, double c) {
    JniUtils.addi(p(target), p(c == 1 ? x : scale(x, c)));
  }

  /** {@code target *= c}. */
  public static void scaleInPlace(NDArray target, double c) {
    JniUtils.muli(p(target), p(scalar(target, c)));
  }

  /** Sets every element of an array of one dimension or more, whatever it held. */
  public static void fill(NDArray target, double value) {
    int rank = target.getShape().dimension();
    long[] from = new long[rank];
    long[] step = new long[rank];
    java.util.Arrays.fill(step, 1);
    JniUtils.indexSet(
        p(target), p(scalar(target, value)), from, target.getShape().getShape(), step);
  }

  // ---- inside

  static ByteBuffer direct(long bytes) {
    return ByteBuffer.allocateDirect(Math.toIntExact(bytes)).order(ByteOrder.nativeOrder());
  }

  /** Elements that a Java buffer shows at once; it cannot show all of a large array. */
  static final int PIECE = 1 << 22;

  /** Writes the elements of a stretch of an array. */
  @FunctionalInterface
  public interface Filler {
    /**
     * Writes elements.
     *
     * @param from position of the first of them in the array
     * @param into memory for them, in the machine's order of bytes
     */
    void fill(long from, ByteBuffer into);
  }

  /** An array that is filled piece by piece, in memory that PyTorch owns. */
  static NDArray filled(NDManager manager, Shape shape, DataType type, Filler filler) {
    NDArray whole =
        JniUtils.createEmptyNdArray(
            (PtNDManager) manager, shape, type, Device.cpu(), SparseFormat.DENSE);
    if (shape.size() <= PIECE) {
      filler.fill(0, whole.toByteBuffer(true)); // the array's own memory
    } else {
      fillPieces(whole, filler);
    }
    if (!manager.getDevice().isGpu()) {
      return whole;
    }
    try (whole) {
      return whole.toDevice(manager.getDevice(), true);
    }
  }

  private static void fillPieces(NDArray whole, Filler filler) {
    try (NDArray flat = reshape(whole, whole.size())) {
      for (long from = 0; from < whole.size(); from += PIECE) {
        try (NDArray piece =
            JniUtils.slice(p(flat), 0, from, Math.min(from + PIECE, whole.size()), 1)) {
          filler.fill(from, piece.toByteBuffer(true));
        }
      }
    }
  }

  /** Is given the elements of a stretch of an array. */
  @FunctionalInterface
  interface PieceConsumer {
    /** Takes the next elements. */
    void take(ByteBuffer piece) throws IOException;
  }

  /** Gives all elements of an array away, piece by piece. */
  static void forEachPiece(NDArray array, PieceConsumer consumer) throws IOException {
    long size = array.size();
    try (NDArray flat = reshape(array, size)) {
      for (long from = 0; from < size; from += PIECE) {
        long to = Math.min(from + PIECE, size);
        try (NDArray piece = JniUtils.slice(p(flat), 0, from, to, 1)) {
          consumer.take(piece.toByteBuffer(true));
        }
      }
    }
  }

  static PtNDArray p(NDArray array) {
    return (PtNDArray) array;
  }
}
