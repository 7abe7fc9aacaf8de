package io.espalier.worker.algorithm.reconstruct.transformer;

import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TokenBatch;
import java.util.Arrays;

/**
 * Texts that are known as tokens.
 *
 * @param padding tokens behind the longest of a batch
 */
@SuppressWarnings("ArrayRecordComponent")
public record Sequences(int[][] texts, int padding) implements TextDataset {
  @Override
  public TextDataset drawn(int n, long seed) {
    return this;
  }

  @Override
  public int size() {
    return texts.length;
  }

  @Override
  public boolean labelled() {
    return false;
  }

  @Override
  public int length() {
    return Arrays.stream(texts).mapToInt(text -> text.length).max().orElse(0);
  }

  @Override
  public TokenBatch batch(int[] indices) {
    int longest = Arrays.stream(indices).map(i -> texts[i].length).max().orElse(0);
    int length = longest + padding;
    long[] ids = new long[indices.length * length];
    long[] mask = new long[ids.length];
    for (int row = 0; row < indices.length; row++) {
      int[] text = texts[indices[row]];
      for (int i = 0; i < text.length; i++) {
        ids[row * length + i] = text[i];
        mask[row * length + i] = 1;
      }
    }
    return new TokenBatch(indices.length, length, ids, mask, new long[ids.length], new long[0]);
  }

  @Override
  public String fingerprint() {
    return "texts of a test";
  }
}
