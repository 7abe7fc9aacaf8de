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
 * that are added up in float64, which takes half the time. Of the Gram matrix, which is symmetric,
 * only the blocks from the diagonal to the right are multiplied.
 */
final class Moments {
  /** Rows wider than this are multiplied in float32. */
  private static final int EXACT_INPUTS = 128;

  /** Weighted rows wider than this are; weights may be of any size. */
  private static final int EXACT_WEIGHTED_INPUTS = 1024;

  private static final int BLOCK_ROWS = 1024;

  /** Columns of a block of the Gram matrix. */
  private static final int BLOCK_COLUMNS = 128;

  /** The part of the Gram matrix on and right of the diagonal is summed up, by blocks. */
  private final NDArray upper;

  private final NDArray cross;
  private final NDArray inputs;
  private final NDArray outputs;
  private double squares;
  private double weight;
  private long rows;

  /** Sums of no rows yet; they live as long as the manager. */
  Moments(NDManager manager, int inputs, int outputs) {
    this.upper = zeros(manager, inputs, inputs);
    this.cross = zeros(manager, inputs, outputs);
    this.inputs = zeros(manager, inputs);
    this.outputs = zeros(manager, outputs);
  }

  private Moments(
      NDArray upper, NDArray cross, NDArray inputs, NDArray outputs, double weight, long rows) {
    this.upper = upper;
    this.cross = cross;
    this.inputs = inputs;
    this.outputs = outputs;
    this.weight = weight;
    this.rows = rows;
  }

  /**
   * Returns the sums of the same rows with what a map makes of y in place of y; in the open scope.
   *
   * @param products Σ y · yᵀ, (outputs, outputs)
   */
  Moments mapped(LinearMap map, NDArray products) {
    NDArray turned = Tensors.transpose(map.weight(), 0, 1);
    NDArray constant =
        Tensors.products(column(inputs), column(map.intercept())); // Σ x · interceptᵀ
    NDArray slope =
        Tensors.reshape(Tensors.matMul(map.weight(), column(outputs)), map.intercept().size());
    var found =
        new Moments(
            upper,
            Tensors.add(Tensors.matMul(cross, turned), constant),
            inputs,
            Tensors.add(slope, Tensors.scale(map.intercept(), weight)),
            weight,
            rows);
    NDArray linear = Tensors.add(Tensors.scale(slope, 2), Tensors.scale(map.intercept(), weight));
    found.squares =
        Tensors.sum(Tensors.multiply(Tensors.matMul(map.weight(), products), map.weight()))
                .getDouble()
            + Tensors.sum(Tensors.multiply(map.intercept(), linear)).getDouble();
    return found;
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
   * @return whether all of them are finite; the sums are not to be used any more if not
   */
  boolean add(Rows more) {
    boolean exact = width() <= (more.roots().isPresent() ? EXACT_WEIGHTED_INPUTS : EXACT_INPUTS);
    Rows all = exact ? more.exact() : more.single();
    long step = exact ? Math.max(1, all.count()) : BLOCK_ROWS;
    boolean finite = true;
    for (long from = 0; from < all.count(); from += step) {
      finite &= addBlock(all.part(from, Math.min(from + step, all.count())));
    }
    return finite;
  }

  private boolean addBlock(Rows block) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      addGram(block.x());
      addProduct(cross, block.x(), block.y());
      NDArray sums = block.sum(block.x());
      Tensors.addScaledInPlace(inputs, sums, 1);
      Tensors.addScaledInPlace(outputs, block.sum(block.y()), 1);
      squares += Tensors.sum(Tensors.inDoublePrecision(Tensors.square(block.y()))).getDouble();
      weight += block.weight();
      rows += block.count();
      return Double.isFinite(squares + weight + Tensors.sum(sums).getDouble());
    }
  }

  private void addGram(NDArray x) {
    long width = inputs.size();
    for (long from = 0; from < width; from += BLOCK_COLUMNS) {
      long to = Math.min(from + BLOCK_COLUMNS, width);
      NDArray sums = Tensors.slice(Tensors.slice(upper, 0, from, to), 1, from, width);
      addProduct(sums, Tensors.slice(x, 1, from, to), Tensors.slice(x, 1, from, width));
    }
  }

  /** {@code sums += aᵀ · b}. */
  private static void addProduct(NDArray sums, NDArray a, NDArray b) {
    NDArray product = Tensors.matMul(Tensors.transpose(a, 0, 1), b);
    Tensors.addScaledInPlace(sums, Tensors.inDoublePrecision(product), 1);
  }

  /** Returns Σ x · xᵀ, both sides of the diagonal. */
  NDArray gram() {
    NDArray gram = Tensors.scale(upper, 1);
    long width = inputs.size();
    for (long from = 0; from < width; from += BLOCK_COLUMNS) {
      long to = Math.min(from + BLOCK_COLUMNS, width);
      if (to < width) {
        NDArray right = Tensors.slice(Tensors.slice(upper, 0, from, to), 1, to, width);
        NDArray below = Tensors.slice(Tensors.slice(gram, 0, to, width), 1, from, to);
        Tensors.addScaledInPlace(below, Tensors.transpose(right, 0, 1), 1);
      }
    }
    return gram;
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
    NDArray gram = gram();
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
