package io.espalier.worker.data;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;

/**
 * Bilinear resizing with a filter that widens when an image shrinks, so that no pixel is skipped.
 *
 * <p>Output pixel {@code o} is centred at {@code (o + 0.5) * in / out}; inputs weigh in by a
 * triangle around it of half-width {@code max(1, in / out)}. Pillow resizes in the same way.
 */
final class Resize {
  /**
   * The inputs that one output is mixed from: neighbours from {@code first} on, and their shares.
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared, never leaves this class
  private record Taps(int first, double[] shares) {}

  private Resize() {}

  /** The red, green and blue plane of an image in another size, row by row. */
  static byte[][] bilinear(BufferedImage image, int height, int width) {
    var planes = new byte[3][height * width];
    for (int channel = 0; channel < 3; channel++) {
      double[][] plane = plane(image, channel); // (in rows, in columns)
      var narrow = new double[width][];
      for (int x = 0; x < width; x++) {
        narrow[x] = mixColumns(plane, taps(image.getWidth(), width, x)); // (in rows)
      }
      for (int y = 0; y < height; y++) {
        Taps rows = taps(image.getHeight(), height, y);
        for (int x = 0; x < width; x++) {
          planes[channel][y * width + x] = (byte) Math.round(mix(narrow[x], rows));
        }
      }
    }
    return planes;
  }

  private static Taps taps(int in, int out, int position) {
    double scale = (double) in / out;
    double reach = Math.max(1, scale);
    double centre = (position + 0.5) * scale;
    int first = Math.max(0, (int) Math.floor(centre - reach));
    int end = Math.min(in, (int) Math.ceil(centre + reach));
    var shares = new double[end - first];
    double sum = 0;
    for (int i = 0; i < shares.length; i++) {
      shares[i] = Math.max(0, 1 - Math.abs(first + i + 0.5 - centre) / reach);
      sum += shares[i];
    }
    for (int i = 0; i < shares.length; i++) {
      shares[i] /= sum;
    }
    return new Taps(first, shares);
  }

  private static double[] mixColumns(double[][] plane, Taps columns) {
    var mixed = new double[plane.length];
    for (int y = 0; y < plane.length; y++) {
      mixed[y] = mix(plane[y], columns);
    }
    return mixed;
  }

  private static double mix(double[] values, Taps taps) {
    double sum = 0;
    for (int i = 0; i < taps.shares().length; i++) {
      sum += taps.shares()[i] * values[taps.first() + i];
    }
    return sum;
  }

  private static double[][] plane(BufferedImage image, int channel) {
    // getRGB would treat grey values as linear light and brighten them.
    boolean grey = image.getType() == BufferedImage.TYPE_BYTE_GRAY;
    Raster raster = image.getRaster();
    var plane = new double[image.getHeight()][image.getWidth()];
    for (int y = 0; y < plane.length; y++) {
      for (int x = 0; x < plane[y].length; x++) {
        plane[y][x] =
            grey ? raster.getSample(x, y, 0) : image.getRGB(x, y) >> (16 - 8 * channel) & 0xff;
      }
    }
    return plane;
  }
}
