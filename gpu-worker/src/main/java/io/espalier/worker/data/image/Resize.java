package io.espalier.worker.data.image;

import static io.espalier.worker.data.image.RgbImage.CHANNELS;

/**
 * Pillow's resizing: a filter that widens when an image shrinks, so that no pixel is skipped; along
 * rows and along columns, each pass rounded to 8 bits.
 *
 * <p>Output pixel {@code o} is centred at {@code (o + 0.5) * in / out}. Weights are integers with
 * 22 bits after the point, as Pillow has them, so that results are its to the bit.
 *
 * <p>Source: Pillow 13.0, {@code src/libImaging/Resample.c} and, for the nearest pixel, {@code
 * Geometry.c}.
 */
final class Resize {
  private static final int PRECISION = 32 - 8 - 2;
  private static final int HALF = 1 << (PRECISION - 1);

  /** The inputs that one output is mixed from: neighbours from {@code first} on. */
  @SuppressWarnings("ArrayRecordComponent") // never compared, never leaves this class
  private record Taps(int first, int[] weights) {}

  /** Along what the first pass goes; results differ by rounding and clipping between the passes. */
  enum PassOrder {
    /** Rows, unless far fewer pixels are left after columns: Pillow from 13.0 on. */
    PILLOW,
    /** Rows: torch, and Pillow up to 12. */
    ROWS_FIRST
  }

  private Resize() {}

  /** An image in another size; the same image if it has that size already. */
  static RgbImage to(RgbImage image, ImageSize size, Resampling filter, PassOrder order) {
    if (image.size().equals(size)) {
      return image;
    }
    if (filter == Resampling.NEAREST) {
      return nearest(image, size);
    }
    return order == PassOrder.PILLOW && columnsFirst(image.size(), size)
        ? alongRows(alongColumns(image, size.height(), filter), size.width(), filter)
        : alongColumns(alongRows(image, size.width(), filter), size.height(), filter);
  }

  private static boolean columnsFirst(ImageSize in, ImageSize out) {
    int lost = in.height() - out.height();
    return lost > 0 && lost > 2 * (in.width() - out.width());
  }

  private static RgbImage alongRows(RgbImage image, int width, Resampling filter) {
    if (image.size().width() == width) {
      return image;
    }
    int height = image.size().height();
    int stride = CHANNELS * image.size().width();
    byte[] in = image.values();
    var out = new byte[CHANNELS * height * width];
    Taps[] taps = taps(image.size().width(), width, filter);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        for (int channel = 0; channel < CHANNELS; channel++) {
          int from = y * stride + CHANNELS * taps[x].first + channel;
          out[CHANNELS * (y * width + x) + channel] = mix(in, from, CHANNELS, taps[x].weights);
        }
      }
    }
    return new RgbImage(new ImageSize(height, width), out);
  }

  private static RgbImage alongColumns(RgbImage image, int height, Resampling filter) {
    if (image.size().height() == height) {
      return image;
    }
    int stride = CHANNELS * image.size().width();
    byte[] in = image.values();
    var out = new byte[height * stride];
    Taps[] taps = taps(image.size().height(), height, filter);
    for (int y = 0; y < height; y++) {
      for (int i = 0; i < stride; i++) {
        out[y * stride + i] = mix(in, taps[y].first * stride + i, stride, taps[y].weights);
      }
    }
    return new RgbImage(new ImageSize(height, image.size().width()), out);
  }

  private static byte mix(byte[] values, int from, int step, int[] weights) {
    int sum = HALF;
    int at = from;
    for (int weight : weights) {
      sum += (values[at] & 0xff) * weight;
      at += step;
    }
    return (byte) Math.max(0, Math.min(255, sum >> PRECISION));
  }

  private static Taps[] taps(int in, int out, Resampling filter) {
    var taps = new Taps[out];
    for (int position = 0; position < out; position++) {
      taps[position] = taps(position, (double) in / out, in, filter);
    }
    return taps;
  }

  private static Taps taps(int position, double scale, int in, Resampling filter) {
    double widened = Math.max(1, scale);
    double support = filter.support() * widened;
    double centre = (position + 0.5) * scale;
    int first = Math.max(0, (int) (centre - support + 0.5));
    int end = Math.min(in, (int) (centre + support + 0.5));
    var shares = new double[end - first];
    double sum = 0;
    for (int i = 0; i < shares.length; i++) {
      shares[i] = filter.weight((i + first - centre + 0.5) * (1 / widened));
      sum += shares[i];
    }
    var weights = new int[shares.length];
    for (int i = 0; i < shares.length; i++) {
      double share = (sum == 0 ? shares[i] : shares[i] / sum) * (1 << PRECISION);
      weights[i] = (int) (share < 0 ? share - 0.5 : share + 0.5);
    }
    return new Taps(first, weights);
  }

  private static RgbImage nearest(RgbImage image, ImageSize size) {
    int[] columns = nearest(image.size().width(), size.width());
    int[] rows = nearest(image.size().height(), size.height());
    byte[] in = image.values();
    var out = new byte[Math.toIntExact(CHANNELS * size.pixels())];
    int at = 0;
    for (int row : rows) {
      for (int column : columns) {
        System.arraycopy(in, CHANNELS * (row * image.size().width() + column), out, at, CHANNELS);
        at += CHANNELS;
      }
    }
    return new RgbImage(size, out);
  }

  /** Adds up as Pillow does, rather than multiplying, so that ties fall the same way. */
  private static int[] nearest(int in, int out) {
    double step = (double) in / out;
    double at = step * 0.5;
    var positions = new int[out];
    for (int i = 0; i < out; i++) {
      positions[i] = Math.min(in - 1, (int) at);
      at += step;
    }
    return positions;
  }
}
