package io.espalier.worker.model.family;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.tensor.Tensors;

/**
 * Sequences of tokens in the form in which networks take them; each array is (batch, tokens),
 * int64.
 *
 * @param ids token ids
 * @param mask 1 for a real token, 0 for padding
 * @param types segment of each token
 */
public record Tokens(NDArray ids, NDArray mask, NDArray types) {
  /** The tokens of a batch, in the scope of the caller. */
  public static Tokens of(NDManager manager, TokenBatch batch) {
    return new Tokens(
        Tensors.of(manager, batch.ids(), batch.rows(), batch.length()),
        Tensors.of(manager, batch.mask(), batch.rows(), batch.length()),
        Tensors.of(manager, batch.types(), batch.rows(), batch.length()));
  }
}
