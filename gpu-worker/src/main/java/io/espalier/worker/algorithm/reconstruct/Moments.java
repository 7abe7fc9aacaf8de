package io.espalier.worker.algorithm.reconstruct;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.tensor.Tensors;

/**
 * Sums over weighted rows x (inputs) and y (outputs), in float64: all that least squares needs to
 * know of them, however many they are.
 *
 * <p>Products of narrow rows are made in float64; those of wide rows in float32, by blocks of rows
 * that are added up in float64, which takes half the time.
 */
final class Moments {
  /** Rows wider than this are multiplied in float32. */
  private static final int EXACT_INPUTS = 1024;

  private static final int BLOCK_ROWS = 1024;

  private final NDArray gram;
  private final NDArray cross;
  private final NDArray inputs;
  private final NDArray outputs;
  private double squares;
  private double weight;
  private long rows;

  /** Sums of no rows yet; they live as long as the manager. */
  Moments(NDManager manager, int inputs, int outputs) {
    this.gram = zeros(manager, inputs, inputs);
    this.cross = zeros(manager, inputs, outputs);
    this.inputs = zeros(manager, inputs);
    this.outputs = zeros(manager, outputs);
  }

  private static NDArray zeros(NDManager manager, long... shape) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray zeros = Tensors.full(Tensors.of(manager, new double[1], 1), 0, shape);
      NDScope.unregister(zeros);
      zeros.attach(manager);
      return zeros;
    }
  }

  /**
   * Adds rows.
   *
   * @param x (rows, inputs)
   * @param y (rows, outputs)
   * @param weights (rows), not negative, float64
   * @return whether all of them are finite; the sums are not to be used any more if not
   */
  boolean add(NDArray x, NDArray y, NDArray weights) {
    long count = x.getShape().get(0);
    NDArray roots = Tensors.reshape(Tensors.sqrt(weights), count, 1); // (rows, 1)
    NDArray scaledX = Tensors.multiply(Tensors.inDoublePrecision(x), roots);
    NDArray scaledY = Tensors.multiply(Tensors.inDoublePrecision(y), roots);
    addProducts(scaledX, scaledY);
    NDArray turned = Tensors.transpose(roots, 0, 1); // (1, rows)
    Tensors.addScaledInPlace(
        inputs, Tensors.reshape(Tensors.matMul(turned, scaledX), inputs.size()), 1);
    Tensors.addScaledInPlace(
        outputs, Tensors.reshape(Tensors.matMul(turned, scaledY), outputs.size()), 1);
    squares += Tensors.sum(Tensors.square(scaledY)).getDouble();
    weight += Tensors.sum(weights).getDouble();
    rows += count;
    return Double.isFinite(squares + weight + Tensors.sum(scaledX).getDouble());
  }

  private void addProducts(NDArray x, NDArray y) {
    if (inputs.size() <= EXACT_INPUTS) {
      addProduct(gram, x, x);
      addProduct(cross, x, y);
      return;
    }
    NDArray single = Tensors.of(x.getManager(), new float[1], 1);
    NDArray narrowX = Tensors.inTypeOf(single, x);
    NDArray narrowY = Tensors.inTypeOf(single, y);
    for (long from = 0; from < x.getShape().get(0); from += BLOCK_ROWS) {
      long to = Math.min(from + BLOCK_ROWS, x.getShape().get(0));
      NDArray block = Tensors.slice(narrowX, 0, from, to);
      addProduct(gram, block, block);
      addProduct(cross, block, Tensors.slice(narrowY, 0, from, to));
    }
  }

  /** {@code sums += aᵀ · b}. */
  private static void addProduct(NDArray sums, NDArray a, NDArray b) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray product = Tensors.matMul(Tensors.transpose(a, 0, 1), b);
      Tensors.addScaledInPlace(sums, Tensors.inDoublePrecision(product), 1);
    }
  }

  /** Rows that were added. */
  long rows() {
    return rows;
  }

  /** Number of inputs of a row. */
  int width() {
    return Math.toIntExact(inputs.size());
  }

  /** The weighted mean of x, (inputs). */
  NDArray meanInput() {
    return Tensors.scale(inputs, 1 / weight);
  }

  /** The weighted sum of {@code (y - mean y)²} over rows and outputs. */
  double spread() {
    return squares - Tensors.sum(Tensors.square(outputs)).getDouble() / weight;
  }

  /** The sums of what a map leaves unexplained: y - map(x) in place of y. */
  Residuals residuals(LinearMap map) {
    NDArray said = Tensors.matMul(gram, Tensors.transpose(map.weight(), 0, 1)); // Σ x · (W · x)ᵀ
    NDArray outer = Tensors.products(column(inputs), column(map.intercept())); // Σ x · interceptᵀ
    NDArray left = Tensors.subtract(Tensors.subtract(cross, said), outer);
    NDArray slope = Tensors.reshape(Tensors.matMul(map.weight(), column(inputs)), outputs.size());
    NDArray mapped = Tensors.add(slope, Tensors.scale(map.intercept(), weight)); // Σ map(x)
    double squared =
        squares - Tensors.sum(Tensors.multiply(Tensors.add(cross, left), turned(map))).getDouble();
    squared -= Tensors.sum(Tensors.multiply(map.intercept(), outputs)).getDouble();
    NDArray sums = Tensors.subtract(outputs, mapped);
    squared -= Tensors.sum(Tensors.multiply(map.intercept(), sums)).getDouble();
    return new Residuals(gram, left, inputs, sums, weight, squared);
  }

  private static NDArray turned(LinearMap map) {
    return Tensors.transpose(map.weight(), 0, 1);
  }

  static NDArray column(NDArray vector) {
    return Tensors.reshape(vector, vector.size(), 1);
  }
}
