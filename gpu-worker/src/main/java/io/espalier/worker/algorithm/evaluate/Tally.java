package io.espalier.worker.algorithm.evaluate;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.algorithm.evaluate.Evaluation.Quality;
import io.espalier.worker.tensor.Losses;
import io.espalier.worker.tensor.T;

/** Adds up how well a model tells classes apart, batch by batch. */
public final class Tally {
  private long hits;
  private double loss;
  private long samples;

  /**
   * Takes note of a batch.
   *
   * @param logits (batch, classes), before softmax
   * @param labels one per image
   */
  public void add(NDArray logits, long[] labels) {
    long[] found = T.argMax(logits, 1).toLongArray();
    for (int i = 0; i < labels.length; i++) {
      hits += found[i] == labels[i] ? 1 : 0;
    }
    NDArray classes = T.of(logits.getManager(), labels, labels.length);
    loss += Losses.crossEntropy(logits, classes).getFloat() * labels.length;
    samples += labels.length;
  }

  /** Over all batches so far. */
  public Quality quality() {
    return new Quality((double) hits / samples, loss / samples, samples);
  }
}
