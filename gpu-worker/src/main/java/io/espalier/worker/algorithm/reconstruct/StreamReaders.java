package io.espalier.worker.algorithm.reconstruct;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.reconstruct.LeastSquares.Solution;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.tensor.Tensors;

/**
 * All linear layers that read one normalised stream, where the stream is no longer the original's:
 * each is to say of what it reads now (x) what its original says of the original's (z). Sums over
 * tokens are made once for all of them.
 */
public final class StreamReaders implements AutoCloseable {
  /*
   * A reader says y = W z + b. Its sums follow from those of x and z: Σ x yᵀ = (Σ x zᵀ) Wᵀ + Σ x bᵀ, and
   * Σ |y|² = trace(W (Σ z zᵀ) Wᵀ) + 2 bᵀ W Σ z + n |b|². So what is summed does not grow with what is
   * read off the stream: the head of a language model has a hundred thousand outputs.
   */
  private final String stream;
  private final NDManager manager;
  private final Part solving;
  private final Part heldOut;
  private int batches;

  /** Sums over tokens. */
  private record Part(Moments both, Moments wanted) {
    static Part of(NDManager manager, int inputs, int outputs) {
      return new Part(new Moments(manager, inputs, outputs), new Moments(manager, outputs, 1));
    }

    boolean add(NDArray x, NDArray z, NDArray weights, long from, long to) {
      if (from == to) {
        return true;
      }
      NDArray own = Tensors.slice(weights, 0, from, to);
      NDArray target = Tensors.slice(z, 0, from, to);
      return both.add(Rows.weighted(Tensors.slice(x, 0, from, to), target, own))
          && wanted.add(Rows.weighted(target, Tensors.reshape(own, to - from, 1), own));
    }

    Moments of(LinearMap reader) {
      return both.mapped(reader, wanted.gram());
    }
  }

  /**
   * No tokens yet.
   *
   * @param manager on the device that is to compute; the sums live in a manager below it
   * @param stream name of the normalisation that the readers stand behind
   * @param inputs width of the stream as it is now
   * @param outputs width of the original's
   */
  public StreamReaders(NDManager manager, String stream, int inputs, int outputs) {
    this.stream = stream;
    this.manager = manager.newSubManager();
    this.solving = Part.of(this.manager, inputs, outputs);
    this.heldOut = Part.of(this.manager, inputs, outputs);
  }

  /**
   * Adds the tokens of a batch, the last quarter of which is held out.
   *
   * @param x the normalised stream as it is now, (tokens, inputs)
   * @param z that of the original, (tokens, outputs)
   * @throws InvalidInputException if they hold something that is not a finite number
   */
  public void add(NDArray x, NDArray z) {
    batches++;
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      long rows = x.getShape().get(0);
      long border = LeastSquares.firstHeldOut(rows);
      NDArray weights = Tensors.inDoublePrecision(Tensors.full(x, 1, rows));
      if (!solving.add(x, z, weights, 0, border) || !heldOut.add(x, z, weights, border, rows)) {
        throw new InvalidInputException(
            ("reconstruction behind '%s' wants finite activations, batch %d holds one that is not;"
                    + " check the numbers of the model and of the calibration data, or prune with"
                    + " reconstruct: off")
                .formatted(stream, batches));
      }
    }
  }

  /**
   * Solves for a reader. The arrays of the solution belong to the open scope.
   *
   * @param layer name of its weight
   * @param wanted what the original computes, of z
   * @param plain its weights as they were cut, which read x
   */
  public Solution solve(String layer, LinearMap wanted, LinearMap plain, Intercept intercept) {
    var parts = new LeastSquares.Parts(solving.of(wanted), heldOut.of(wanted));
    return LeastSquares.solve(layer, parts, plain, intercept);
  }

  /**
   * Returns how much what a reader of the original says varies over the tokens that are held out.
   */
  public double spread(LinearMap wanted) {
    return heldOut.of(wanted).spread();
  }

  @Override
  public void close() {
    manager.close();
  }
}
