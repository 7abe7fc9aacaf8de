package io.espalier.worker.algorithm.evaluate;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Measures a model that reads text, and leaves it as it was. */
public final class TextEvaluation {
  /** Sequences per batch where nothing is said. */
  public static final int BATCH = 8;

  private TextEvaluation() {}

  /**
   * Returns what a model says of a whole data set.
   *
   * @param batch sequences per batch; decides speed and memory, not the result beyond rounding
   * @param progress hears of every batch
   */
  public static TextMetrics tally(
      TextNetwork network,
      Weights weights,
      TextDataset data,
      int batch,
      Progress.Listener progress) {
    var tally = new TextMetrics(network.input(), data);
    try (NDManager manager = PyTorch.newManager()) {
      for (int from = 0; from < data.size(); from += batch) {
        int to = Math.min(from + batch, data.size());
        int[] indices = IntStream.range(from, to).toArray();
        TokenBatch tokens = data.batch(indices);
        try (var scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          tally.add(
              network.forward(weights, Tokens.of(manager, tokens), ForwardHooks.NONE),
              tokens,
              indices);
        }
        Map<String, Double> values =
            Double.isFinite(tally.loss()) ? Map.of("loss", tally.loss()) : Map.<String, Double>of();
        progress.report(new Progress("evaluating", to, data.size(), values));
      }
    }
    return tally;
  }

  /**
   * Times of one forward pass of a sequence on this device, of models that take turns.
   *
   * @param repetitions passes of each to measure, at least 1
   * @param tokens length of the sequence
   */
  public static List<Latency> latencies(
      TextNetwork network, List<Weights> models, int repetitions, int tokens) {
    return latencies(
        models.stream().map(weights -> new Timed(network, weights)).toList(), repetitions, tokens);
  }

  /** A model that is timed. */
  public record Timed(TextNetwork network, Weights weights) {}

  /**
   * Times of one forward pass of a sequence on this device, of models that take turns; they know
   * the same tokens.
   *
   * @param repetitions passes of each to measure, at least 1
   * @param tokens length of the sequence
   */
  public static List<Latency> latencies(List<Timed> models, int repetitions, int tokens) {
    try (NDManager manager = PyTorch.newManager()) {
      int vocabulary = models.get(0).network().input().vocabulary();
      Tokens sequence = Tokens.of(manager, drawn(vocabulary, tokens));
      return InterleavedTiming.latencies(
          models.size(),
          repetitions,
          model -> {
            try (var scope = new NDScope()) {
              scope.suppressNotUsedWarning();
              Timed timed = models.get(model);
              timed.network().forward(timed.weights(), sequence, ForwardHooks.NONE).toFloatArray();
            }
          });
    }
  }

  private static TokenBatch drawn(int vocabulary, int tokens) {
    long[] ids = new SplittableRandom(1).longs(tokens, 0, vocabulary).toArray();
    long[] mask = new long[tokens];
    Arrays.fill(mask, 1);
    return new TokenBatch(1, tokens, ids, mask, new long[tokens], new long[0]);
  }
}
