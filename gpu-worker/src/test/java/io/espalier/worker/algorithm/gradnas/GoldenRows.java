package io.espalier.worker.algorithm.gradnas;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.tensor.Golden;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The sequences of a fixture of {@code golden/text-losses} in any order, filled up by more than the
 * longest of a batch needs.
 *
 * @param order which of them is at each position
 * @param more tokens of padding behind the longest
 */
public record GoldenRows(TextModel model, JsonNode rows, List<Integer> order, int more)
    implements TextDataset {
  /** All of a fixture as they stand. */
  public static GoldenRows of(String name) {
    Golden golden = Golden.of("text-losses/" + name);
    try {
      JsonNode rows =
          new ObjectMapper()
              .readTree(golden.directory().resolve("rows.json").toFile())
              .path("rows");
      List<Integer> order = IntStream.range(0, rows.size()).boxed().toList();
      return new GoldenRows(TextModel.of(golden.model()), rows, order, 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public GoldenRows ordered(List<Integer> other, int padding) {
    return new GoldenRows(model, rows, other, padding);
  }

  public JsonNode row(int position) {
    return rows.path(order.get(position));
  }

  @Override
  public int size() {
    return order.size();
  }

  @Override
  public boolean labelled() {
    return true;
  }

  @Override
  public int length() {
    return more
        + IntStream.range(0, size()).map(i -> row(i).path("ids").size()).max().orElseThrow();
  }

  @Override
  public TokenBatch batch(int[] indices) {
    int length = more + IntStream.of(indices).map(i -> row(i).path("ids").size()).max().orElse(0);
    long[] ids = new long[indices.length * length];
    Arrays.fill(ids, model.network().input().padding());
    long[] mask = new long[ids.length];
    long[] types = new long[ids.length];
    for (int i = 0; i < indices.length; i++) {
      JsonNode row = row(indices[i]);
      for (int token = 0; token < row.path("ids").size(); token++) {
        ids[i * length + token] = row.path("ids").path(token).asInt();
        types[i * length + token] = row.path("types").path(token).asInt();
        mask[i * length + token] = 1;
      }
    }
    return new TokenBatch(
        indices.length, length, ids, mask, types, labels(indices, length), targets(indices));
  }

  private long[] labels(int[] indices, int length) {
    int most = IntStream.of(indices).map(i -> row(i).path("labels").size()).max().orElse(0);
    int width =
        switch (model.network().input().task()) {
          case QUESTION_ANSWERING, TEXT_CLASSIFICATION -> most;
          case FEATURE_EXTRACTION -> 0;
          case TOKEN_CLASSIFICATION, FILL_MASK, TEXT_GENERATION -> length;
        };
    long[] labels = new long[indices.length * width];
    Arrays.fill(labels, TokenBatch.IGNORED);
    for (int i = 0; i < indices.length; i++) {
      JsonNode given = row(indices[i]).path("labels");
      for (int j = 0; j < given.size(); j++) {
        labels[i * width + j] = given.path(j).asInt();
      }
    }
    return labels;
  }

  private float[] targets(int[] indices) {
    double[] all =
        IntStream.of(indices)
            .boxed()
            .flatMapToDouble(
                i ->
                    IntStream.range(0, row(i).path("targets").size())
                        .mapToDouble(j -> row(i).path("targets").path(j).asDouble()))
            .toArray();
    float[] targets = new float[all.length];
    for (int i = 0; i < all.length; i++) {
      targets[i] = (float) all[i];
    }
    return targets;
  }

  @Override
  public String fingerprint() {
    return order.toString();
  }
}
