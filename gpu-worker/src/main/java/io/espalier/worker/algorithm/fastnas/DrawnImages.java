package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.data.Batch;
import io.espalier.worker.data.ImageDataset;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Images drawn from another data set without replacement. Data sets are often sorted by class, so
 * that their first images are no fair sample, and neighbours make no fair batch.
 */
final class DrawnImages implements ImageDataset {
  private final ImageDataset whole;
  private final int[] positions;
  private final long seed;

  private DrawnImages(ImageDataset whole, int[] positions, long seed) {
    this.whole = whole;
    this.positions = positions;
    this.seed = seed;
  }

  /** That many images, or all if there are fewer, in an order that the seed decides. */
  static ImageDataset of(ImageDataset whole, int images, long seed) {
    int[] positions = IntStream.range(0, whole.size()).toArray();
    int drawn = Math.min(images, positions.length);
    var random = new Random(seed);
    for (int i = 0; i < drawn; i++) {
      int other = i + random.nextInt(positions.length - i);
      int swapped = positions[i];
      positions[i] = positions[other];
      positions[other] = swapped;
    }
    return new DrawnImages(whole, java.util.Arrays.copyOf(positions, drawn), seed);
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
  public String fingerprint() {
    String text = "%d drawn with seed %d from %s".formatted(size(), seed, whole.fingerprint());
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }
}
