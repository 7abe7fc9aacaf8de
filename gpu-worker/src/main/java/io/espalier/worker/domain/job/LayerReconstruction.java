package io.espalier.worker.domain.job;

/**
 * Result of least squares for one layer. Errors are mean squares on the held-out part, as a share
 * of the variance of what the layer should say; rows weigh as they did in the sums.
 *
 * @param layer name of the tensor that is solved for
 * @param errorBefore error of the weights as they were cut
 * @param errorAfter error of the weights that go out
 * @param lambda ridge as a share of the mean of the Gram matrix's diagonal; 0 if the weights stay
 *     as they were cut
 * @param solved whether solved weights go out; else they stay as they were cut, since no solution
 *     was better on the held-out part
 * @param samples rows that were solved on
 * @param unknowns of each output
 */
public record LayerReconstruction(
    String layer,
    double errorBefore,
    double errorAfter,
    double lambda,
    boolean solved,
    long samples,
    int unknowns) {
  /**
   * Returns whether there were fewer samples than unknowns, so that only the ridge settles the
   * weights.
   */
  public boolean isUnderdetermined() {
    return samples < unknowns;
  }
}
