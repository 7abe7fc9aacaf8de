package io.espalier.worker.algorithm.reconstruct;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.LayerReconstruction;
import io.espalier.worker.tensor.Tensors;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The weights of one layer by least squares: from what it reads now (x) comes what it said in the
 * original model (y), as closely as possible over weighted samples.
 *
 * <p>The last quarter of the rows of each batch is held out: it chooses the ridge, and whether the
 * solution is taken at all.
 */
public final class LeastSquares implements AutoCloseable {
  /*
   * With W₀ and b₀ the weights as they were cut, and r = y - W₀x - b₀ what they leave unexplained:
   *
   *   D = argmin Σ w · |r - Dx - d|² + λ · m · |D|²     m = mean of the diagonal of Σ w · xxᵀ
   *   W = W₀ + D, b = b₀ + d
   *
   * The ridge draws towards the cut weights, not towards zero: where samples say little about a
   * direction, what the model was trained to stays. With W₀ = 0 it is the textbook's ridge [1]. If the
   * intercept is solved for, x and r are centred first, so that it is not held back by the ridge.
   *
   * [1] A. Hoerl, R. Kennard: Ridge Regression. Technometrics 12, 1970.
   */
  private static final Logger LOGGER = LoggerFactory.getLogger(LeastSquares.class);
  private static final int HELD_OUT_PART = 4;
  private static final double[] LAMBDAS = {1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1};

  private final String layer;
  private final NDManager manager;
  private final Moments solving;
  private final Moments heldOut;
  private int batches;

  /**
   * No samples yet.
   *
   * @param manager on the device that is to compute; the sums live in a manager below it
   * @param layer name of the tensor that is solved for
   * @param inputs unknowns of each output, without the intercept
   */
  public LeastSquares(NDManager manager, String layer, int inputs, int outputs) {
    this.layer = layer;
    this.manager = manager.newSubManager();
    this.solving = new Moments(this.manager, inputs, outputs);
    this.heldOut = new Moments(this.manager, inputs, outputs);
  }

  /** Solution. */
  public record Solution(LinearMap map, LayerReconstruction report) {}

  /** First of the rows of a batch that are held out. */
  public static long firstHeldOut(long rows) {
    return rows - rows / HELD_OUT_PART;
  }

  /**
   * Adds a batch of samples that count alike.
   *
   * @param x (rows, inputs)
   * @param y (rows, outputs)
   * @throws InvalidInputException if they hold something that is not a finite number
   */
  public void add(NDArray x, NDArray y) {
    add(x, y, Optional.empty());
  }

  /**
   * Adds a batch of samples.
   *
   * @param x (rows, inputs)
   * @param y (rows, outputs)
   * @param weights (rows), not negative: how much each counts
   * @throws InvalidInputException if they hold something that is not a finite number
   */
  public void add(NDArray x, NDArray y, NDArray weights) {
    add(x, y, Optional.of(weights));
  }

  private void add(NDArray x, NDArray y, Optional<NDArray> weights) {
    batches++;
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      long rows = x.getShape().get(0);
      long border = firstHeldOut(rows);
      Rows all = weights.map(w -> Rows.weighted(x, y, w)).orElseGet(() -> Rows.alike(x, y));
      if (!solving.add(all.part(0, border)) || !heldOut.add(all.part(border, rows))) {
        throw new InvalidInputException(
            ("reconstruction of '%s' wants finite activations, batch %d holds one that is not;"
                    + " check the numbers of the model and of the calibration data, or prune with"
                    + " reconstruct: off")
                .formatted(layer, batches));
      }
    }
  }

  /**
   * Solves for the weights. The arrays of the solution belong to the open scope.
   *
   * @param plain the weights as they were cut, and the intercept; y includes what it stands for
   */
  public Solution solve(LinearMap plain, Intercept intercept) {
    return solve(layer, new Parts(solving, heldOut), plain, intercept);
  }

  /** Samples to solve on, and samples to judge by. */
  record Parts(Moments solving, Moments heldOut) {}

  /** Solves for the weights of a layer, from sums that were made elsewhere. */
  static Solution solve(String layer, Parts parts, LinearMap plain, Intercept intercept) {
    Moments solving = parts.solving();
    Moments heldOut = parts.heldOut();
    int unknowns = solving.width() + (intercept == Intercept.SOLVED ? 1 : 0);
    warnOfFewSamples(layer, solving.rows(), unknowns);
    Residuals judged = heldOut.residuals(plain);
    double spread = heldOut.spread();
    Optional<Attempt> best = best(solving.residuals(plain), judged, intercept);
    LinearMap map = best.map(attempt -> attempt.addedTo(plain)).orElse(plain);
    double after = best.map(Attempt::squares).orElse(judged.squares());
    var report =
        new LayerReconstruction(
            layer,
            share(judged.squares(), spread),
            share(after, spread),
            best.map(Attempt::lambda).orElse(0.0),
            best.isPresent(),
            solving.rows(),
            unknowns);
    return new Solution(map, report);
  }

  /** Errors are told as a share of what there is to explain; of nothing nothing is missing. */
  private static double share(double squares, double spread) {
    return spread > 0 ? squares / spread : 0;
  }

  /**
   * A solution by one ridge.
   *
   * @param squares that it leaves on the held-out part
   */
  private record Attempt(double lambda, Residuals.Correction correction, double squares)
      implements AutoCloseable {
    LinearMap addedTo(LinearMap plain) {
      return new LinearMap(
          Tensors.add(plain.weight(), Tensors.transpose(correction.slope(), 0, 1)),
          Tensors.add(plain.intercept(), correction.intercept()));
    }

    @Override
    public void close() {
      correction.slope().close();
      correction.intercept().close();
    }
  }

  /** The ridge that leaves least on the held-out part; empty if none leaves less than there was. */
  private static Optional<Attempt> best(Residuals solved, Residuals judged, Intercept intercept) {
    Residuals sums = intercept == Intercept.SOLVED ? solved.centred() : solved;
    double unit = sums.meanDiagonal();
    Optional<Attempt> best = Optional.empty();
    for (double lambda : LAMBDAS) {
      Optional<Attempt> next =
          correction(sums, lambda * unit, intercept)
              .map(found -> new Attempt(lambda, found, judged.squaresAfter(found)));
      double least = best.map(Attempt::squares).orElse(judged.squares());
      if (next.isPresent() && next.get().squares() < least) {
        best.ifPresent(Attempt::close);
        best = next;
      } else {
        next.ifPresent(Attempt::close);
      }
    }
    return best;
  }

  /** The correction by one ridge; what it took to find it is gone at once. */
  private static Optional<Residuals.Correction> correction(
      Residuals sums, double ridge, Intercept intercept) {
    if (!(ridge > 0)) {
      return Optional.empty();
    }
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      Optional<Residuals.Correction> found =
          sums.slope(ridge)
              .map(
                  slope ->
                      intercept == Intercept.SOLVED
                          ? sums.withIntercept(slope)
                          : sums.withoutIntercept(slope));
      found.ifPresent(correction -> NDScope.unregister(correction.slope(), correction.intercept()));
      return found;
    }
  }

  private static void warnOfFewSamples(String layer, long rows, int unknowns) {
    if (rows < unknowns) {
      LOGGER.warn(
          "reconstruction has fewer samples than unknowns, give more calibration data;"
              + " layer={} samples={} wanted={}",
          layer,
          rows,
          unknowns);
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
