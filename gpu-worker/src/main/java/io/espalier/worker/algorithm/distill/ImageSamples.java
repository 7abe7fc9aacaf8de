package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.worker.algorithm.evaluate.Batches;
import io.espalier.worker.algorithm.train.Augmentation;
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
 */
public record ImageSamples(ImageDataset data, Augmentation augmentation)
    implements LearningSamples<Batch, NDArray> {
  @Override
  public int size() {
    return data.size();
  }

  @Override
  public String fingerprint() {
    return new Fingerprint().add(data.fingerprint()).add(augmentation.toString()).hex();
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
    return augmentation.apply(data.batch(indices), data, random);
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
    NDArray classes = Tensors.of(said.getManager(), batch.labels(), batch.size());
    return Tensors.scale(Losses.crossEntropy(said, classes), batch.size());
  }

  @Override
  public NDArray weighed(NDArray losses, Batch batch) {
    return Tensors.scale(Tensors.sum(losses), (double) batch.size() / losses.size());
  }
}
