package io.espalier.worker.algorithm.train;

import io.espalier.worker.data.Batch;
import io.espalier.worker.data.ImageDataset;
import java.util.SplittableRandom;

/**
 * Shifts each image by up to some pixels in both directions, and mirrors half of them.
 *
 * <p>A shift is a crop of the same size from an image that was padded on all sides; padding is 0
 * after normalisation, the mean colour.
 *
 * <p>Source: He et al., Deep Residual Learning for Image Recognition, arXiv 1512.03385, section
 * 4.2.
 *
 * @param padding most pixels that an image is shifted by; 0 for none
 * @param mirror whether left and right may be swapped
 */
public record Augmentation(int padding, boolean mirror) {
  /** Augmentation for CIFAR networks: 4 pixels, mirrored. */
  public static final Augmentation CIFAR = new Augmentation(4, true);

  /** Images as they are. */
  public static final Augmentation NONE = new Augmentation(0, false);

  /** An augmentation; {@code padding} must not be negative. */
  public Augmentation {
    if (padding < 0) {
      throw new IllegalArgumentException("images cannot be padded by %d pixels".formatted(padding));
    }
  }

  /** Changed copies of the images of a batch, whose size is that of the data set's images. */
  public Batch apply(Batch batch, ImageDataset of, SplittableRandom random) {
    var out = new float[batch.pixels().length];
    int planes = of.channels();
    for (int image = 0; image < batch.size(); image++) {
      int down = random.nextInt(2 * padding + 1) - padding;
      int right = random.nextInt(2 * padding + 1) - padding;
      boolean mirrored = mirror && random.nextBoolean();
      for (int plane = image * planes; plane < (image + 1) * planes; plane++) {
        shift(batch.pixels(), out, plane, new Move(down, right, mirrored, of.height(), of.width()));
      }
    }
    return new Batch(out, batch.labels());
  }

  /** Move of an image of some size: mirrored first, then moved down and right. */
  private record Move(int down, int right, boolean mirrored, int height, int width) {}

  private static void shift(float[] in, float[] out, int plane, Move move) {
    int start = plane * move.height() * move.width();
    for (int y = 0; y < move.height(); y++) {
      int fromY = y - move.down();
      for (int x = 0; x < move.width(); x++) {
        int shifted = x - move.right();
        int fromX = move.mirrored() ? move.width() - 1 - shifted : shifted;
        if (fromY >= 0 && fromY < move.height() && fromX >= 0 && fromX < move.width()) {
          out[start + y * move.width() + x] = in[start + fromY * move.width() + fromX];
        }
      }
    }
  }
}
