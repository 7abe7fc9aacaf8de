package io.espalier.worker.data;

import java.util.Objects;

/** The beginning of another data set. */
record FirstImages(ImageDataset whole, int size) implements ImageDataset {
  FirstImages {
    if (size < 1) {
      throw new IllegalArgumentException("the first %d images of a data set".formatted(size));
    }
  }

  @Override
  public int classes() {
    return whole.classes();
  }

  @Override
  public int channels() {
    return whole.channels();
  }

  @Override
  public int height() {
    return whole.height();
  }

  @Override
  public int width() {
    return whole.width();
  }

  @Override
  public Batch batch(int[] indices) {
    for (int index : indices) {
      Objects.checkIndex(index, size);
    }
    return whole.batch(indices);
  }

  @Override
  public String fingerprint() {
    return new Fingerprint().add("first %d of %s".formatted(size, whole.fingerprint())).hex();
  }
}
