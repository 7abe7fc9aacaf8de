package io.espalier.worker.algorithm.layerwise;

import io.espalier.worker.algorithm.minitron.measure.TokenBatches;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TokenBatch;

/**
 * Batches of texts that layers learn from, and behind them those that they are judged by.
 *
 * @param learned texts that are learned from
 * @param heldOut texts that are judged by
 * @param size sequences per batch; the last of either may have fewer
 */
record LayerTexts(TextDataset learned, TextDataset heldOut, int size) implements TokenBatches {
  /** Number of the first batch that is judged by. */
  int firstHeldOut() {
    return batches(learned).count();
  }

  private TokenBatches batches(TextDataset data) {
    return TokenBatches.of(data, size, Integer.MAX_VALUE);
  }

  @Override
  public int count() {
    return firstHeldOut() + batches(heldOut).count();
  }

  @Override
  public TokenBatch get(int index) {
    int first = firstHeldOut();
    return index < first ? batches(learned).get(index) : batches(heldOut).get(index - first);
  }
}
