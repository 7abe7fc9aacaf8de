package io.espalier.worker.data.image;

import static io.espalier.worker.data.image.RgbImage.CHANNELS;

import java.util.List;

/**
 * Takes the middle of an image; where the image is smaller, fills around it.
 *
 * @param size of the result
 * @param rounding where the middle lies if it does not fall on a pixel
 * @param fill red, green and blue of what is added
 */
record CentreCrop(ImageSize size, Rounding rounding, List<Integer> fill) implements ImageStep {
  /** Rounding of half pixels. */
  enum Rounding {
    /** Python's {@code round}, half to even: torchvision and timm. */
    HALF_TO_EVEN,
    /** Down: transformers. */
    DOWN
  }

  /** A crop with black around images that are too small. */
  CentreCrop(ImageSize size, Rounding rounding) {
    this(size, rounding, List.of(0, 0, 0));
  }

  CentreCrop {
    fill = List.copyOf(fill);
  }

  @Override
  public ImageSize sizeOf(ImageSize in) {
    return size;
  }

  @Override
  public RgbImage apply(RgbImage image) {
    ImageSize in = image.size();
    int top = start(in.height(), size.height());
    int left = start(in.width(), size.width());
    int from = Math.max(0, -left);
    int columns = Math.min(size.width() - from, in.width() - Math.max(0, left));
    byte[] out = filled();
    for (int y = Math.max(0, -top); y < size.height() && y + top < in.height(); y++) {
      System.arraycopy(
          image.values(),
          CHANNELS * ((y + top) * in.width() + left + from),
          out,
          CHANNELS * (y * size.width() + from),
          CHANNELS * columns);
    }
    return new RgbImage(size, out);
  }

  /** Returns where the result begins in the image; below 0 if it begins before it. */
  private int start(int in, int out) {
    if (out > in) {
      return -((out - in) / 2);
    }
    return switch (rounding) {
      case HALF_TO_EVEN -> (int) Math.rint((in - out) / 2.0);
      case DOWN -> (in - out) / 2;
    };
  }

  private byte[] filled() {
    var out = new byte[Math.toIntExact(CHANNELS * size.pixels())];
    if (fill.stream().allMatch(value -> value == 0)) {
      return out;
    }
    for (int i = 0; i < out.length; i++) {
      out[i] = fill.get(i % CHANNELS).byteValue();
    }
    return out;
  }

  @Override
  public String toString() {
    String around = fill.equals(List.of(0, 0, 0)) ? "" : " on " + fill;
    return "centre %s%s".formatted(size, around);
  }
}
