package io.espalier.worker.algorithm.gradnas;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.algorithm.evaluate.TextLoss;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.tensor.Tensors;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A loss for models that have no labels: how far embeddings move from those of the model itself.
 *
 * <p>The distance itself will not do. At the model as it is, it is zero and flat, so its gradient
 * is zero at every mask. What removing a unit moves an embedding by is, to first order, the column
 * J of the Jacobian for its mask, and the squared distance is |J|². For a vector v of random signs,
 * (v·J)² is |J|² on average, and v·J is the gradient of v·embedding. So that is the loss, with new
 * signs for every text; squared gradients estimate squared distances without a bias. Embeddings are
 * divided by their length first, since they are compared by angle.
 *
 * <p>Source: Hutchinson, A stochastic estimator of the trace of the influence matrix, 1989.
 *
 * @param seed of the signs; a text has the same ones in whatever batch it is
 */
record Probe(long seed) implements TextLoss {
  @Override
  public long count(TokenBatch batch) {
    return batch.rows();
  }

  @Override
  public NDArray sum(NDArray said, TokenBatch batch) {
    int columns = Math.toIntExact(said.getShape().get(1));
    NDArray signs = Tensors.of(said.getManager(), signs(batch, columns), batch.rows(), columns);
    return Tensors.sum(Tensors.multiply(Tensors.unitRows(said), signs));
  }

  private float[] signs(TokenBatch batch, int columns) {
    float[] signs = new float[batch.rows() * columns];
    for (int row = 0; row < batch.rows(); row++) {
      var random = new SplittableRandom(seed + 31L * Arrays.hashCode(tokens(batch, row)));
      for (int column = 0; column < columns; column++) {
        signs[row * columns + column] = random.nextBoolean() ? 1 : -1;
      }
    }
    return signs;
  }

  private static long[] tokens(TokenBatch batch, int row) {
    int start = row * batch.length();
    int end = start;
    while (end < start + batch.length() && batch.mask()[end] == 1) {
      end++;
    }
    return Arrays.copyOfRange(batch.ids(), start, end);
  }
}
