package io.espalier.worker.algorithm.minitron.rotate;

import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Eigenvalues and eigenvectors of a symmetric matrix in float64: reflections make it tridiagonal,
 * rotations make that diagonal. Vectors are rows, so that both go through memory in order. The same
 * matrix gives the same bits.
 *
 * <p>Source: Golub and Van Loan, Matrix Computations, 4th edition, algorithms 8.3.1 (Householder)
 * and 8.3.3 (implicit shift, here from the lower end up, as EISPACK's {@code tql2} has it).
 *
 * @param values eigenvalues, the largest first
 * @param vectors one row for each, of length 1, orthogonal to each other; the element of the
 *     largest magnitude is positive, the first one of several
 */
@SuppressWarnings("ArrayRecordComponent") // handed on to one place, which owns them
record SymmetricEigen(double[] values, double[][] vectors) {
  /** Far more than any matrix needs; a usual one takes two. */
  private static final int MOST_STEPS = 100;

  /**
   * Decomposes a matrix.
   *
   * @param matrix square and symmetric, finite; it is overwritten
   */
  static SymmetricEigen of(double[][] matrix) {
    int n = matrix.length;
    double[] diagonal = new double[n];
    double[] beside = new double[n]; // beside[i] is between i and i + 1
    double[][] vectors = tridiagonal(matrix, diagonal, beside);
    for (int from = 0; from < n; from++) {
      for (int step = 0; isolate(diagonal, beside, from) > from; step++) {
        if (step == MOST_STEPS) {
          throw new IllegalStateException("eigenvalue %d of %d does not settle".formatted(from, n));
        }
        chase(diagonal, beside, vectors, from, isolate(diagonal, beside, from));
      }
    }
    return sorted(diagonal, vectors);
  }

  /**
   * Makes a matrix tridiagonal.
   *
   * @return rows that turn the matrix into the tridiagonal one: {@code T = V · A · Vᵀ}
   */
  private static double[][] tridiagonal(double[][] a, double[] diagonal, double[] beside) {
    int n = a.length;
    double[][] mirrors = new double[Math.max(0, n - 2)][];
    for (int k = 0; k + 2 < n; k++) {
      mirrors[k] = mirror(a, k, beside);
      diagonal[k] = a[k][k];
      reflect(a, k + 1, mirrors[k]);
    }
    for (int k = Math.max(0, n - 2); k < n; k++) {
      diagonal[k] = a[k][k];
    }
    if (n > 1) {
      beside[n - 2] = a[n - 1][n - 2];
    }
    return transposed(product(mirrors, n));
  }

  /**
   * Finds the normal v of length √2, so that {@code I - v · vᵀ} leaves only one element of a column
   * below its diagonal; zeros where there is nothing to do.
   */
  private static double[] mirror(double[][] a, int column, double[] beside) {
    int size = a.length - column - 1;
    double[] v = new double[size];
    double largest = 0;
    for (int i = 0; i < size; i++) {
      v[i] = a[column + 1 + i][column];
      largest = Math.max(largest, Math.abs(v[i]));
    }
    if (largest == 0) {
      beside[column] = 0;
      return v;
    }
    double squares = 0;
    for (double value : v) {
      squares += (value / largest) * (value / largest);
    }
    double length = Math.copySign(largest * Math.sqrt(squares), v[0]);
    beside[column] = -length;
    v[0] += length;
    double scale = 1 / Math.sqrt(Math.abs(length)) / Math.sqrt(Math.abs(v[0])); // |v|² = 2 · both
    for (int i = 0; i < size; i++) {
      v[i] *= scale;
    }
    return v;
  }

  /** Mirrors the lower right corner of a symmetric matrix from both sides. */
  private static void reflect(double[][] a, int from, double[] v) {
    int size = v.length;
    double[] w = new double[size];
    for (int i = 0; i < size; i++) {
      double[] row = a[from + i];
      double sum = 0;
      for (int j = 0; j < size; j++) {
        sum += row[from + j] * v[j];
      }
      w[i] = sum;
    }
    double half = dot(v, w) / 2;
    for (int i = 0; i < size; i++) {
      w[i] -= half * v[i];
    }
    for (int i = 0; i < size; i++) {
      double[] row = a[from + i];
      double vi = v[i];
      double wi = w[i];
      for (int j = 0; j < size; j++) {
        row[from + j] -= vi * w[j] + wi * v[j];
      }
    }
  }

  /** Multiplies all reflections, the first one leftmost. */
  private static double[][] product(double[][] mirrors, int n) {
    double[][] q = new double[n][n];
    for (int i = 0; i < n; i++) {
      q[i][i] = 1;
    }
    for (int k = mirrors.length - 1; k >= 0; k--) {
      double[] v = mirrors[k];
      int from = k + 1;
      double[] sums = new double[v.length];
      for (int i = 0; i < v.length; i++) {
        for (int j = 0; j < v.length; j++) {
          sums[j] += v[i] * q[from + i][from + j];
        }
      }
      for (int i = 0; i < v.length; i++) {
        double[] row = q[from + i];
        for (int j = 0; j < v.length; j++) {
          row[from + j] -= v[i] * sums[j];
        }
      }
    }
    return q;
  }

  private static double[][] transposed(double[][] square) {
    for (int i = 0; i < square.length; i++) {
      for (int j = 0; j < i; j++) {
        double other = square[i][j];
        square[i][j] = square[j][i];
        square[j][i] = other;
      }
    }
    return square;
  }

  /** Finds the end of the block that begins somewhere: nothing connects it to what follows. */
  private static int isolate(double[] diagonal, double[] beside, int from) {
    int end = from;
    while (end + 1 < diagonal.length
        && Math.abs(beside[end])
            > Math.ulp(Math.abs(diagonal[end]) + Math.abs(diagonal[end + 1])) / 2) {
      end++;
    }
    return end;
  }

  /**
   * Makes one step: shifts a block by what its first two rows say of an eigenvalue, and chases what
   * that leaves beside the tridiagonal from the end of the block to its beginning.
   */
  private static void chase(double[] d, double[] e, double[][] vectors, int from, int to) {
    double ratio = (d[from + 1] - d[from]) / (2 * e[from]);
    double shift = e[from] / (ratio + Math.copySign(Math.hypot(ratio, 1), ratio));
    double carried = d[to] - d[from] + shift;
    double sine = 1;
    double cosine = 1;
    double moved = 0;
    for (int i = to - 1; i >= from; i--) {
      double bulge = sine * e[i];
      double across = cosine * e[i];
      double length = Math.hypot(bulge, carried);
      e[i + 1] = length;
      if (length == 0) { // the block has fallen apart
        d[i + 1] -= moved;
        e[to] = 0;
        return;
      }
      sine = bulge / length;
      cosine = carried / length;
      double before = d[i + 1] - moved;
      double turned = (d[i] - before) * sine + 2 * cosine * across;
      moved = sine * turned;
      d[i + 1] = before + moved;
      carried = cosine * turned - across;
      rotate(vectors[i], vectors[i + 1], sine, cosine);
    }
    d[from] -= moved;
    e[from] = carried;
    e[to] = 0;
  }

  private static void rotate(double[] low, double[] high, double sine, double cosine) {
    for (int k = 0; k < low.length; k++) {
      double old = high[k];
      high[k] = sine * low[k] + cosine * old;
      low[k] = cosine * low[k] - sine * old;
    }
  }

  private static SymmetricEigen sorted(double[] values, double[][] vectors) {
    int[] order =
        IntStream.range(0, values.length)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer i) -> -values[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    double[] inOrder = new double[values.length];
    double[][] rows = new double[values.length][];
    for (int i = 0; i < order.length; i++) {
      inOrder[i] = values[order[i]];
      rows[i] = upright(vectors[order[i]]);
    }
    return new SymmetricEigen(inOrder, rows);
  }

  /** Returns a vector or its opposite, which is as good: that whose largest element is positive. */
  private static double[] upright(double[] vector) {
    double largest = 0;
    for (double value : vector) {
      largest = Math.abs(value) > Math.abs(largest) ? value : largest;
    }
    if (largest < 0) {
      for (int i = 0; i < vector.length; i++) {
        vector[i] = -vector[i];
      }
    }
    return vector;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
