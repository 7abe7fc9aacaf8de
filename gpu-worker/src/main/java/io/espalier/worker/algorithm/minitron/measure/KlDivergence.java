package io.espalier.worker.algorithm.minitron.measure;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.algorithm.minitron.measure.LayerwiseForward.Sequence;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.tensor.Tensors;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * Mean Kullback-Leibler divergence in nats, {@code Σ p · (log p - log q)} over the vocabulary, of
 * what is found, q, from what is wanted, p, of scores of both that come in slices of the
 * vocabulary. The mean is over real tokens.
 */
public final class KlDivergence {
  private final int vocabulary;
  private final Map<Integer, Heard> waiting = new HashMap<>();
  private final RunningMean mean = new RunningMean();

  /**
   * Of nothing yet.
   *
   * @param vocabulary number of all tokens
   */
  public KlDivergence(int vocabulary) {
    this.vocabulary = vocabulary;
  }

  /** Over all sequences of which all slices were heard. */
  public RunningMean mean() {
    return mean;
  }

  /**
   * One sequence.
   *
   * @param wanted what the original says of neighbouring tokens of the vocabulary, (1, tokens,
   *     those of the vocabulary)
   * @param found the same of a subnet
   * @param first the first of them
   */
  public void hear(NDArray wanted, NDArray found, int first, Sequence sequence) {
    TokenBatch tokens = sequence.tokens();
    int length = tokens.length();
    int size = Math.toIntExact(wanted.getShape().get(2));
    Heard heard = waiting.computeIfAbsent(sequence.number(), any -> new Heard(length));
    heard.add(Tensors.reshape(wanted, length, size), Tensors.reshape(found, length, size));
    if (first + size == vocabulary) {
      waiting.remove(sequence.number());
      NDArray real = Tensors.of(wanted.getManager(), heard.real(tokens), length);
      mean.add(
          Tensors.sum(real).getFloat(), LongStream.of(tokens.mask()).filter(m -> m == 1).count());
    }
  }

  /**
   * Measurement of one sequence.
   *
   * <p>Divergences of slices, each over its own tokens as if there were no others, add up by the
   * chain rule: each counts as much as p gives its slice, after how far apart p and q are in what
   * they give it has been added.
   */
  private static final class Heard {
    private final double[] wantedMasses;
    private final double[] foundMasses;
    private final double[] divergences;

    Heard(int tokens) {
      this.wantedMasses = new double[tokens];
      this.foundMasses = new double[tokens];
      this.divergences = new double[tokens];
      Arrays.fill(wantedMasses, Double.NEGATIVE_INFINITY);
      Arrays.fill(foundMasses, Double.NEGATIVE_INFINITY);
    }

    /** Takes a slice into account; (tokens, those of the vocabulary) each. */
    void add(NDArray wanted, NDArray found) {
      var p = new SliceLogProbabilities(wanted);
      var q = new SliceLogProbabilities(found);
      NDArray terms = Tensors.multiply(Tensors.exp(p.logs()), Tensors.subtract(p.logs(), q.logs()));
      float[] own = Tensors.sum(terms, 1).toFloatArray(); // (tokens)
      for (int i = 0; i < own.length; i++) {
        double all = SliceLogProbabilities.together(wantedMasses[i], p.mass(i));
        double allFound = SliceLogProbabilities.together(foundMasses[i], q.mass(i));
        double before =
            wantedMasses[i] == Double.NEGATIVE_INFINITY
                ? 0
                : part(divergences[i], wantedMasses[i] - all, foundMasses[i] - allFound);
        divergences[i] = before + part(own[i], p.mass(i) - all, q.mass(i) - allFound);
        wantedMasses[i] = all;
        foundMasses[i] = allFound;
      }
    }

    /** Returns what a part of the vocabulary adds, by the logarithms of what p and q give to it. */
    private static double part(double own, double wanted, double found) {
      return Math.exp(wanted) * (own + (wanted - found));
    }

    /** The divergence of each real token; 0 for others. */
    float[] real(TokenBatch tokens) {
      float[] real = new float[divergences.length];
      for (int i = 0; i < real.length; i++) {
        real[i] = (float) divergences[i] * tokens.mask()[i];
      }
      return real;
    }
  }
}
