package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.worker.algorithm.evaluate.Batches;
import io.espalier.worker.algorithm.train.Augmentation;
import io.espalier.worker.algorithm.train.Mixup;
import io.espalier.worker.data.Batch;
import io.espalier.worker.data.Fingerprint;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.tensor.Losses;
import io.espalier.worker.tensor.Tensors;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Images, with classes or without, of which teacher and student see the same pixels.
 *
 * @param data the images
 * @param augmentation what happens to them before they are shown
 * @param mixup how they are mixed after that
 */
public record ImageSamples(ImageDataset data, Augmentation augmentation, Mixup mixup)
    implements LearningSamples<Batch, NDArray> {
  /** Images that are not mixed. */
  public ImageSamples(ImageDataset data, Augmentation augmentation) {
    this(data, augmentation, Mixup.NONE);
  }

  /** Returns whether the same images are shown each time. */
  boolean fixed() {
    return augmentation.equals(Augmentation.NONE) && mixup.equals(Mixup.NONE);
  }

  @Override
  public int size() {
    return data.size();
  }

  @Override
  public String fingerprint() {
    var all = new Fingerprint().add(data.fingerprint()).add(augmentation.toString());
    return mixup.equals(Mixup.NONE) ? all.hex() : all.add(mixup.toString()).hex();
  }

  @Override
  public boolean labelled() {
    return data.labelled();
  }

  @Override
  public AnswerComparison comparison() {
    return AnswerComparison.CLASSES;
  }

  @Override
  public Batch draw(int[] indices, SplittableRandom random) {
    return mixup.apply(augmentation.apply(data.batch(indices), data, random), random);
  }

  @Override
  public NDArray inputs(Batch batch, NDManager manager) {
    return Batches.images(data, batch, manager);
  }

  @Override
  public long count(Batch batch) {
    return batch.size();
  }

  @Override
  public long tokens(Batch batch) {
    return 0;
  }

  @Override
  public NDArray rows(NDArray said, Batch batch) {
    return said;
  }

  @Override
  public int[] rowsOfEach(Batch batch) {
    int[] one = new int[batch.size()];
    Arrays.fill(one, 1);
    return one;
  }

  @Override
  public int[] lengths(Batch batch) {
    return new int[0];
  }

  @Override
  public double rowShare() {
    return 1;
  }

  @Override
  public long[] labels(Batch batch) {
    return batch.labels();
  }

  @Override
  public NDArray task(NDArray said, Batch batch) {
    if (batch.mixed()) {
      return mixedTask(said, batch);
    }
    NDArray classes = Tensors.of(said.getManager(), batch.labels(), batch.size());
    return Tensors.scale(Losses.crossEntropy(said, classes), batch.size());
  }

  /** Cross entropy of both classes of each image, by their shares. */
  private static NDArray mixedTask(NDArray said, Batch batch) {
    NDManager manager = said.getManager();
    NDArray logs = Tensors.logSoftmax(said, 1);
    NDArray own = Tensors.pick(logs, Tensors.of(manager, batch.labels(), batch.size()));
    NDArray others = Tensors.pick(logs, Tensors.of(manager, batch.others(), batch.size()));
    NDArray shares = Tensors.inTypeOf(said, Tensors.of(manager, batch.shares(), batch.size()));
    NDArray rest = Tensors.add(Tensors.negate(shares), 1);
    NDArray right = Tensors.add(Tensors.multiply(own, shares), Tensors.multiply(others, rest));
    return Tensors.negate(Tensors.sum(right));
  }

  @Override
  public NDArray weighed(NDArray losses, Batch batch) {
    return Tensors.scale(Tensors.sum(losses), (double) batch.size() / losses.size());
  }
}
