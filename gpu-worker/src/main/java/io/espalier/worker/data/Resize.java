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
  private Resize() {}

  /** The red, green and blue plane of an image in another size, row by row. */
  static byte[][] bilinear(BufferedImage image, int height, int width) {
    double[][] rows = weights(image.getHeight(), height);
    double[][] columns = weights(image.getWidth(), width);
    var planes = new byte[3][];
    for (int channel = 0; channel < 3; channel++) {
      double[][] wide = plane(image, channel); // (in rows, in columns)
      double[][] narrow = new double[wide.length][width];
      for (int y = 0; y < wide.length; y++) {
        for (int x = 0; x < width; x++) {
          narrow[y][x] = dot(columns[x], wide[y]);
        }
      }
      planes[channel] = mixRows(narrow, rows, width);
    }
    return planes;
  }

  private static byte[] mixRows(double[][] narrow, double[][] rows, int width) {
    var out = new byte[rows.length * width];
    for (int y = 0; y < rows.length; y++) {
      for (int x = 0; x < width; x++) {
        double sum = 0;
        for (int in = 0; in < narrow.length; in++) {
          sum += rows[y][in] == 0 ? 0 : rows[y][in] * narrow[in][x];
        }
        out[y * width + x] = (byte) Math.round(sum);
      }
    }
    return out;
  }

  /** For each output position, the share of each input position. */
  static double[][] weights(int in, int out) {
    double scale = (double) in / out;
    double reach = Math.max(1, scale);
    var weights = new double[out][in];
    for (int o = 0; o < out; o++) {
      double centre = (o + 0.5) * scale;
      double sum = 0;
      for (int i = 0; i < in; i++) {
        weights[o][i] = Math.max(0, 1 - Math.abs(i + 0.5 - centre) / reach);
        sum += weights[o][i];
      }
      for (int i = 0; i < in; i++) {
        weights[o][i] /= sum;
      }
    }
    return weights;
  }

  private static double dot(double[] weights, double[] values) {
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      sum += weights[i] == 0 ? 0 : weights[i] * values[i];
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
