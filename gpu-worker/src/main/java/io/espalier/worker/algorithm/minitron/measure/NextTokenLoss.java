package io.espalier.worker.algorithm.minitron.measure;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.algorithm.minitron.measure.LayerwiseForward.Sequence;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.tensor.Tensors;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Mean cross entropy in nats of the token that comes next, of scores that come in slices of the
 * vocabulary; of a single slice exactly what {@link io.espalier.worker.algorithm.evaluate.TextLoss}
 * says.
 */
public final class NextTokenLoss implements LayerwiseForward.Ear {
  private final int vocabulary;
  private final Map<Integer, Heard> waiting = new HashMap<>();
  private final RunningMean mean = new RunningMean();

  /**
   * Of nothing yet.
   *
   * @param vocabulary number of all tokens
   */
  public NextTokenLoss(int vocabulary) {
    this.vocabulary = vocabulary;
  }

  /** Over all sequences of which all slices were heard. */
  public RunningMean mean() {
    return mean;
  }

  @Override
  public void hear(NDArray scores, int first, Sequence sequence) {
    TokenBatch tokens = sequence.tokens();
    int size = Math.toIntExact(scores.getShape().get(2));
    NDArray flat = Tensors.reshape(scores, tokens.length(), size);
    Heard heard = waiting.computeIfAbsent(sequence.number(), any -> new Heard(tokens));
    heard.add(flat, first);
    if (first + size == vocabulary) {
      waiting.remove(sequence.number());
      NDArray right = Tensors.of(scores.getManager(), heard.right(), tokens.length());
      mean.add(-Tensors.sum(right).getFloat(), tokens.asked(true));
    }
  }

  /** Measurement of one sequence. */
  private static final class Heard {
    private final long[] labels;
    private final double[] masses;
    private final double[] right;

    Heard(TokenBatch tokens) {
      this.labels = tokens.nextLabels();
      this.masses = new double[labels.length];
      this.right = new double[labels.length];
      Arrays.fill(masses, Double.NEGATIVE_INFINITY);
    }

    /** Takes a slice into account: scores (tokens, those of the vocabulary) from one on. */
    void add(NDArray scores, int first) {
      var slice = new SliceLogProbabilities(scores);
      long size = scores.getShape().get(1);
      long[] places = new long[labels.length];
      for (int i = 0; i < places.length; i++) {
        long place = Math.max(labels[i], 0) - first;
        places[i] = place < size ? place : -1;
      }
      long[] picked = Arrays.stream(places).map(place -> Math.max(place, 0)).toArray();
      float[] logs =
          Tensors.pick(slice.logs(), Tensors.of(scores.getManager(), picked, picked.length))
              .toFloatArray();
      for (int i = 0; i < places.length; i++) {
        double mass = SliceLogProbabilities.together(masses[i], slice.mass(i));
        right[i] = places[i] < 0 ? right[i] + (masses[i] - mass) : logs[i] + (slice.mass(i) - mass);
        masses[i] = mass;
      }
    }

    /** Logarithm of what the right token is given, for each token that is asked; 0 for others. */
    float[] right() {
      float[] asked = new float[right.length];
      for (int i = 0; i < asked.length; i++) {
        asked[i] = (float) right[i] * (labels[i] == TokenBatch.IGNORED ? 0 : 1);
      }
      return asked;
    }
  }
}
