package io.espalier.worker.tensor;

import io.espalier.worker.data.Batch;
import io.espalier.worker.data.ImageDataset;
import java.nio.ByteOrder;
import java.util.stream.IntStream;

/** The images of a golden model's inputs, of three classes. */
public record GoldenImages(Golden golden) implements ImageDataset {
  private long[] shape() {
    return golden.read("inputs", "pixel_values").shape();
  }

  @Override
  public int size() {
    return (int) shape()[0];
  }

  @Override
  public int classes() {
    return 3;
  }

  @Override
  public int channels() {
    return (int) shape()[1];
  }

  @Override
  public int height() {
    return (int) shape()[2];
  }

  @Override
  public int width() {
    return (int) shape()[3];
  }

  @Override
  public Batch batch(int[] indices) {
    var stored = golden.read("inputs", "pixel_values").bytes().order(ByteOrder.LITTLE_ENDIAN);
    float[] all = new float[stored.remaining() / Float.BYTES];
    stored.asFloatBuffer().get(all);
    long[] labels = new long[size()];
    golden
        .read("inputs", "labels")
        .bytes()
        .order(ByteOrder.LITTLE_ENDIAN)
        .asLongBuffer()
        .get(labels);
    int one = all.length / labels.length;
    float[] some = new float[indices.length * one];
    for (int i = 0; i < indices.length; i++) {
      System.arraycopy(all, indices[i] * one, some, i * one, one);
    }
    return new Batch(some, IntStream.of(indices).mapToLong(i -> labels[i]).toArray());
  }

  @Override
  public String fingerprint() {
    return golden.directory().toString();
  }
}
