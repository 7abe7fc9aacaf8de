package io.espalier.worker.algorithm.evaluate;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.algorithm.evaluate.Evaluation.Quality;
import io.espalier.worker.tensor.Losses;
import io.espalier.worker.tensor.Tensors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Adds up what a model says of images, batch by batch. */
public final class ImageMetrics implements Tally<ImageMetrics> {
  private final boolean keepsSamples;
  private final List<long[]> said = new ArrayList<>();
  private final List<long[]> right = new ArrayList<>();
  private final List<float[]> losses = new ArrayList<>();
  private long hits;
  private double loss;
  private long samples;
  private boolean labelled = true;

  /** Nothing said yet; samples are added up and forgotten. */
  public ImageMetrics() {
    this(false);
  }

  private ImageMetrics(boolean keepsSamples) {
    this.keepsSamples = keepsSamples;
  }

  /** Nothing said yet; single samples are kept for {@link #samples}. */
  static ImageMetrics keepingSamples() {
    return new ImageMetrics(true);
  }

  /**
   * Takes note of a batch.
   *
   * @param logits (batch, classes), before softmax
   * @param labels one per image; -1 if images have no class
   */
  public void add(NDArray logits, long[] labels) {
    long[] found = Tensors.argMax(logits, 1).toLongArray();
    said.add(found);
    samples += found.length;
    labelled &= LongStream.of(labels).allMatch(label -> label >= 0);
    if (labelled) {
      NDArray classes = Tensors.of(logits.getManager(), labels, labels.length);
      loss += Losses.crossEntropy(logits, classes).getFloat() * labels.length;
      hits += equal(found, labels);
      if (keepsSamples) {
        right.add(labels);
        losses.add(
            Tensors.negate(Tensors.pick(Tensors.logSoftmax(logits, 1), classes)).toFloatArray());
      }
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
    return joined(said);
  }

  /**
   * Names of what {@link #measures} tells.
   *
   * @param labelled whether images have classes
   */
  public static List<String> names(boolean labelled) {
    return labelled ? List.of("accuracy", "loss", "agreement") : List.of("agreement");
  }

  /**
   * Returns how good the model is: accuracy and loss by the classes of the images, if they have
   * classes, and agreement with the original.
   *
   * @param original what the original says of the same images
   */
  public List<Measure> measures(ImageMetrics original) {
    var measures = new ArrayList<Measure>();
    if (labelled) {
      measures.add(Measure.fraction("accuracy", quality().accuracy()));
      measures.add(Measure.loss(quality().loss()));
    }
    measures.add(Measure.fraction("agreement", agreement(original.said(), said())));
    return measures;
  }

  @Override
  public Judgement judgement(ImageMetrics original) {
    return new Judgement(names(labelled).get(0), measures(original), samples(original), samples);
  }

  /**
   * The samples behind accuracy and loss, if images have classes, and agreement.
   *
   * @param original what the original says of the same images
   */
  public Map<String, MeasureSamples> samples(ImageMetrics original) {
    var samples = new HashMap<String, MeasureSamples>();
    if (labelled && keepsSamples) {
      samples.put("accuracy", MeasureSamples.mean(same(said(), joined(right))));
      samples.put(
          "loss",
          MeasureSamples.mean(
              losses.stream()
                  .flatMapToDouble(
                      batch -> IntStream.range(0, batch.length).mapToDouble(i -> batch[i]))
                  .toArray()));
    }
    samples.put("agreement", MeasureSamples.mean(same(said(), original.said())));
    return samples;
  }

  private static double[] same(long[] one, long[] other) {
    return IntStream.range(0, one.length).mapToDouble(i -> one[i] == other[i] ? 1 : 0).toArray();
  }

  private static long[] joined(List<long[]> batches) {
    return batches.stream().flatMapToLong(LongStream::of).toArray();
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
