package io.espalier.worker.algorithm.distill;

import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TokenBatch;

/** The same texts of which nothing is known. */
record Unlabelled(TextDataset whole) implements TextDataset {
  @Override
  public int size() {
    return whole.size();
  }

  @Override
  public boolean labelled() {
    return false;
  }

  @Override
  public int length() {
    return whole.length();
  }

  @Override
  public TokenBatch batch(int[] indices) {
    TokenBatch batch = whole.batch(indices);
    return new TokenBatch(
        batch.rows(), batch.length(), batch.ids(), batch.mask(), batch.types(), new long[0]);
  }

  @Override
  public String fingerprint() {
    return "no labels of " + whole.fingerprint();
  }
}
