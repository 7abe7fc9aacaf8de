package io.espalier.worker.algorithm.reconstruct;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.tensor.Tensors;

/**
 * Order in which the units that a linear layer reads can go, if the weights of those that stay are
 * solved for anew each time: what the layer says is lost as slowly as possible, unit by unit.
 */
public final class UnitElimination implements AutoCloseable {
  /*
   * With G = Σ w · xxᵀ + λ · m · I over the samples, m the mean of the diagonal, W the weights of the
   * layer (outputs, inputs), and H = G⁻¹: to let the inputs S of a unit go costs, if all others are
   * solved for,
   *
   *   tr(W_S · (H_SS)⁻¹ · W_Sᵀ)
   *
   * in squares of what the layer says, and leaves W - W_S · (H_SS)⁻¹ · H_S: [1]. The unit that costs
   * the least goes first [2]. Of W only A = Wᵀ · W is needed. What costs so little that it goes soon
   * is known from the last round of large products, so single inputs go in bursts: within one the
   * order is exact among four times as many as go, and among 128 at least.
   *
   * [1] B. Hassibi, D. Stork: Second Order Derivatives for Network Pruning: Optimal Brain Surgeon, 1993.
   * [2] W. Kwon et al.: A Fast Post-Training Pruning Framework for Transformers, arXiv 2204.09656, and
   *     E. Kurtic et al.: ZipLM, arXiv 2302.04089.
   */
  private static final double LAMBDA = 1e-4;

  /** Bursts in which the inputs of a layer go. */
  private static final int BURSTS = 32;

  private final String layer;
  private final NDManager manager;
  private final Moments moments;
  private int batches;

  /**
   * No samples yet.
   *
   * @param manager on the device that is to compute; the sums live in a manager below it
   * @param layer name of the tensor by which units are read
   * @param inputs how many numbers an output reads
   */
  public UnitElimination(NDManager manager, String layer, int inputs) {
    this.layer = layer;
    this.manager = manager.newSubManager();
    this.moments = new Moments(this.manager, inputs, 1);
  }

  /**
   * Adds a batch of samples.
   *
   * @param x what the layer reads, (rows, inputs)
   * @param weights (rows), not negative: how much each counts
   * @throws InvalidInputException if they hold something that is not a finite number
   */
  public void add(NDArray x, NDArray weights) {
    batches++;
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray nothing = Tensors.full(weights, 0, weights.size(), 1);
      if (!moments.add(Rows.weighted(x, nothing, weights))) {
        throw new InvalidInputException(
            ("importance: residual of what '%s' reads wants finite activations, batch %d holds one"
                    + " that is not; check the numbers of the model and of the calibration data")
                .formatted(layer, batches));
      }
    }
  }

  /**
   * Returns for each unit which part of the squares of what the layer says is gone once it goes,
   * and all that go before it: the larger, the longer it stays.
   *
   * @param map the layer; its weight is (outputs, inputs)
   * @param intercept whether a constant is solved for too
   * @param size neighbouring inputs of a unit
   */
  public double[] scores(LinearMap map, Intercept intercept, int size) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray gram = gram(map.weight(), intercept);
      NDArray products =
          Tensors.matMul(Tensors.transpose(map.weight(), 0, 1), map.weight()); // Wᵀ · W
      double all = Tensors.sum(Tensors.multiply(products, gram)).getDouble();
      try (var going = new GoingUnits(inverse(gram), products, size, BURSTS)) {
        double[] scores = new double[moments.width() / size];
        double gone = 0;
        while (!going.isEmpty()) {
          for (GoingUnits.Gone unit : going.next()) {
            gone += Math.max(0, unit.cost());
            scores[unit.unit()] = all > 0 ? gone / all : 0;
          }
        }
        return scores;
      }
    }
  }

  /** Σ w · xxᵀ, around the mean of x if a constant makes up for it. */
  private NDArray gram(NDArray weight, Intercept intercept) {
    var nothing = LinearMap.of(Tensors.full(weight, 0, 1, moments.width()));
    Residuals sums = moments.residuals(nothing);
    return intercept == Intercept.SOLVED ? sums.centred().gram() : sums.gram();
  }

  /** The inverse with the ridge; of no activity at all that of the identity. */
  private NDArray inverse(NDArray gram) {
    int width = moments.width();
    NDArray diagonal = Tensors.multiply(gram, identity(gram, width));
    double mean = Tensors.sum(diagonal).getDouble() / width;
    double ridge = mean > 0 ? LAMBDA * mean : 1;
    return Cholesky.of(gram, ridge)
        .map(factors -> factors.solve(identity(gram, width)))
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "importance: residual: what '%s' reads is too large to be squared; ask for importance: gradient"
                        .formatted(layer)));
  }

  private static NDArray identity(NDArray like, int width) {
    double[] ones = new double[Math.multiplyExact(width, width)];
    for (int i = 0; i < width; i++) {
      ones[i * width + i] = 1;
    }
    return Tensors.of(like.getManager(), ones, width, width);
  }

  @Override
  public void close() {
    manager.close();
  }
}
