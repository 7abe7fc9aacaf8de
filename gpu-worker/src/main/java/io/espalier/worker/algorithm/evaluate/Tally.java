package io.espalier.worker.algorithm.evaluate;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.algorithm.evaluate.Evaluation.Quality;
import io.espalier.worker.tensor.Losses;
import io.espalier.worker.tensor.T;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/** Adds up what a model says of images, batch by batch. */
public final class Tally {
  private final List<long[]> said = new ArrayList<>();
  private long hits;
  private double loss;
  private long samples;
  private boolean labelled = true;

  /**
   * Takes note of a batch.
   *
   * @param logits (batch, classes), before softmax
   * @param labels one per image; -1 if images have no class
   */
  public void add(NDArray logits, long[] labels) {
    long[] found = T.argMax(logits, 1).toLongArray();
    said.add(found);
    samples += found.length;
    labelled &= LongStream.of(labels).allMatch(label -> label >= 0);
    if (labelled) {
      NDArray classes = T.of(logits.getManager(), labels, labels.length);
      loss += Losses.crossEntropy(logits, classes).getFloat() * labels.length;
      hits += equal(found, labels);
    }
  }

  /** Over all batches so far. */
  public Quality quality() {
    return labelled
        ? new Quality((double) hits / samples, loss / samples, samples)
        : new Quality(Double.NaN, Double.NaN, samples);
  }

  /** The class that the model says each image is of, in their order. */
  public long[] said() {
    return said.stream().flatMapToLong(LongStream::of).toArray();
  }

  /** The fraction of images of which two models say the same. */
  public static double agreement(long[] one, long[] other) {
    return (double) equal(one, other) / one.length;
  }

  private static long equal(long[] one, long[] other) {
    long equal = 0;
    for (int i = 0; i < one.length; i++) {
      equal += one[i] == other[i] ? 1 : 0;
    }
    return equal;
  }
}
