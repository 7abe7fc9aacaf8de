package io.espalier.worker.data;

import java.util.Locale;
import java.util.stream.IntStream;

/** Some images of another data set, in an order of their own. */
final class SelectedImages implements ImageDataset {
  private final ImageDataset whole;
  private final int[] positions;
  private final String selection;

  /**
   * A selection.
   *
   * @param selection says which images these are, in words that differ for different selections
   */
  private SelectedImages(ImageDataset whole, int[] positions, String selection) {
    this.whole = whole;
    this.positions = positions;
    this.selection = selection;
  }

  static ImageDataset first(ImageDataset whole, int n) {
    if (n < 1) {
      throw new IllegalArgumentException("the first %d images of a data set".formatted(n));
    }
    return new SelectedImages(whole, IntStream.range(0, n).toArray(), "first " + n);
  }

  static ImageDataset drawn(ImageDataset whole, int n, long seed) {
    int[] positions = Shuffle.beginning(whole.size(), n, seed);
    return new SelectedImages(
        whole,
        positions,
        String.format(Locale.ROOT, "%d drawn with seed %d", positions.length, seed));
  }

  static ImageDataset withoutDrawn(ImageDataset whole, int n, long seed) {
    return new SelectedImages(
        whole,
        Shuffle.rest(whole.size(), n, seed),
        String.format(Locale.ROOT, "all but %d drawn with seed %d", n, seed));
  }

  @Override
  public int size() {
    return positions.length;
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
    return whole.batch(IntStream.of(indices).map(index -> positions[index]).toArray());
  }

  @Override
  public ImageReading reading() {
    return whole.reading();
  }

  @Override
  public String fingerprint() {
    return new Fingerprint().add("%s of %s".formatted(selection, whole.fingerprint())).hex();
  }
}
