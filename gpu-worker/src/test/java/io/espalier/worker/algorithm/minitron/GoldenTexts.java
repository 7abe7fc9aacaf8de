package io.espalier.worker.algorithm.minitron;

import io.espalier.worker.algorithm.minitron.measure.TokenBatches;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.tensor.Golden;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Batches of a fixture. */
public record GoldenTexts(List<TokenBatch> batches) implements TokenBatches {
  /** The batch that a model's fixture has, padding and all, with its tokens as labels. */
  public static GoldenTexts ofModel(String name) {
    Golden golden = Golden.of(name);
    return new GoldenTexts(List.of(batch(golden, "input_ids", "attention_mask")));
  }

  /** The batches of an oracle of scores, which are not padded. */
  public static GoldenTexts ofScores(String name) {
    Golden golden = Golden.of("scores/" + name);
    var batches = new ArrayList<TokenBatch>();
    for (int i = 0; golden.has("inputs", "batch." + i + ".input_ids"); i++) {
      batches.add(batch(golden, "batch." + i + ".input_ids", ""));
    }
    return new GoldenTexts(batches);
  }

  private static TokenBatch batch(Golden golden, String ids, String mask) {
    TensorData data = golden.read("inputs", ids);
    long[] tokens = longs(data);
    long[] real = new long[tokens.length];
    Arrays.fill(real, 1);
    if (!mask.isEmpty()) {
      real = longs(golden.read("inputs", mask));
    }
    long[] labels = tokens.clone();
    for (int i = 0; i < labels.length; i++) {
      labels[i] = real[i] == 1 ? labels[i] : TokenBatch.IGNORED;
    }
    int rows = Math.toIntExact(data.shape()[0]);
    int length = Math.toIntExact(data.shape()[1]);
    return new TokenBatch(rows, length, tokens, real, new long[tokens.length], labels);
  }

  private static long[] longs(TensorData data) {
    long[] values = new long[data.bytes().remaining() / Long.BYTES];
    data.bytes().asLongBuffer().get(values);
    return values;
  }

  @Override
  public int count() {
    return batches.size();
  }

  @Override
  public TokenBatch get(int index) {
    return batches.get(index);
  }
}
