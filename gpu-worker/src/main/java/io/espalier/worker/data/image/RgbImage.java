package io.espalier.worker.data.image;

/** An image of 8 bits per channel: red, green and blue of each pixel, row by row. */
public final class RgbImage {
  /** Values per pixel. */
  public static final int CHANNELS = 3;

  private final ImageSize size;
  private final byte[] values;

  /** An image; the array is not copied, and must not change afterwards. */
  RgbImage(ImageSize size, byte[] values) {
    if (values.length != CHANNELS * size.pixels()) {
      throw new IllegalArgumentException(
          "%d values for an image of %s".formatted(values.length, size));
    }
    this.size = size;
    this.values = values;
  }

  /** An image whose channels are given one after the other, each row by row. */
  public static RgbImage ofPlanes(ImageSize size, byte[] planes) {
    int plane = Math.toIntExact(size.pixels());
    var values = new byte[planes.length];
    for (int p = 0; p < plane; p++) {
      for (int channel = 0; channel < CHANNELS; channel++) {
        values[CHANNELS * p + channel] = planes[channel * plane + p];
      }
    }
    return new RgbImage(size, values);
  }

  /** Rows and columns. */
  public ImageSize size() {
    return size;
  }

  /**
   * One value.
   *
   * @param pixel counted row by row
   * @param channel 0 red, 1 green, 2 blue
   * @return 0 to 255
   */
  public int value(int pixel, int channel) {
    return values[CHANNELS * pixel + channel] & 0xff;
  }

  /** The values themselves, for reading: three per pixel, row by row. */
  byte[] values() {
    return values;
  }
}
