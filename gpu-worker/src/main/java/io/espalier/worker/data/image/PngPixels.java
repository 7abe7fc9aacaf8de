package io.espalier.worker.data.image;

import static io.espalier.worker.data.image.RgbImage.CHANNELS;

import java.util.List;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The pixels of a PNG, in the modes of Pillow: samples of 16 bits are cut to their upper 8, but
 * grey ones of more than 255 are 255; what lies beyond a palette is black; rows that a finished
 * stream leaves out are black, too.
 *
 * <p>Source: Portable Network Graphics Specification, third edition, sections 8 and 9; Pillow,
 * {@code ZipDecode.c} and {@code Convert.c}.
 */
final class PngPixels {
  /** Cause why a stream of pixels is unread. */
  static final class Unreadable extends Exception {
    private static final long serialVersionUID = 1;
    private final String why;
    private final boolean early;

    Unreadable(String why, boolean early) {
      super(why);
      this.why = why;
      this.early = early;
    }

    /** Returns what is wrong with it. */
    String why() {
      return why;
    }

    /** Returns whether it ends too early. */
    boolean early() {
      return early;
    }
  }

  /** Every so many pixels of a row and rows of an image, beginning at some. */
  private record Pass(int row, int column, int rows, int columns) {
    int width(ImageSize size) {
      return (size.width() - column + columns - 1) / columns;
    }
  }

  private static final List<Pass> WHOLE = List.of(new Pass(0, 0, 1, 1));
  private static final List<Pass> ADAM7 =
      List.of(
          new Pass(0, 0, 8, 8),
          new Pass(0, 4, 8, 8),
          new Pass(4, 0, 8, 4),
          new Pass(0, 2, 4, 4),
          new Pass(2, 0, 4, 2),
          new Pass(0, 1, 2, 2),
          new Pass(1, 0, 2, 1));

  private final PngHeader header;
  private final byte[] palette;
  private final byte[] data;

  PngPixels(PngHeader header, byte[] palette, byte[] data) {
    this.header = header;
    this.palette = palette;
    this.data = data;
  }

  /**
   * Returns whether there is enough for every row, as far as can be told without looking at them.
   */
  boolean areComplete() {
    if (header.size().pixels() > ImageFile.MOST_PIXELS) {
      return true; // it is refused for that
    }
    try {
      decode();
      return true;
    } catch (Unreadable e) {
      return !e.early();
    }
  }

  RgbImage decode() throws Unreadable {
    var out = new byte[Math.toIntExact(CHANNELS * header.size().pixels())];
    var inflater = new Inflater();
    try {
      inflater.setInput(data);
      for (Pass pass : header.interlaced() ? ADAM7 : WHOLE) {
        if (pass.width(header.size()) > 0) {
          read(pass, inflater, out);
        }
      }
      inflater.inflate(new byte[1]); // looks at the checksum, if there is one
    } catch (DataFormatException e) {
      throw new Unreadable("broken image data: " + e.getMessage(), false);
    } finally {
      inflater.end();
    }
    return new RgbImage(header.size(), out);
  }

  private void read(Pass pass, Inflater inflater, byte[] out)
      throws DataFormatException, Unreadable {
    int width = pass.width(header.size());
    int length = Math.toIntExact(((long) width * header.bits() + 7) / 8);
    var row = new byte[1 + length];
    var above = new byte[1 + length];
    for (int y = pass.row; y < header.size().height(); y += pass.rows) {
      if (!fill(row, inflater)) {
        return;
      }
      unfilter(row, above);
      for (int i = 0; i < width; i++) {
        pixel(row, i, out, CHANNELS * (y * header.size().width() + pass.column + i * pass.columns));
      }
      byte[] free = above;
      above = row;
      row = free;
    }
  }

  /** Returns whether there was another row. */
  private static boolean fill(byte[] row, Inflater inflater)
      throws DataFormatException, Unreadable {
    int at = 0;
    while (at < row.length) {
      int read = inflater.inflate(row, at, row.length - at);
      at += read;
      if (read == 0 && inflater.finished()) {
        return false;
      }
      if (read == 0) {
        throw new Unreadable("too little image data", true);
      }
    }
    return true;
  }

  private void unfilter(byte[] row, byte[] above) throws Unreadable {
    int step = Math.max(1, header.bits() / 8);
    for (int i = 1; i < row.length; i++) {
      int left = i > step ? row[i - step] & 0xff : 0;
      int up = above[i] & 0xff;
      int corner = i > step ? above[i - step] & 0xff : 0;
      row[i] +=
          switch (row[0]) {
            case 0 -> 0;
            case 1 -> (byte) left;
            case 2 -> (byte) up;
            case 3 -> (byte) ((left + up) / 2);
            case 4 -> (byte) paeth(left, up, corner);
            default -> throw new Unreadable("a row with filter " + row[0], false);
          };
    }
  }

  private static int paeth(int left, int up, int corner) {
    int estimate = left + up - corner;
    int toLeft = Math.abs(estimate - left);
    int toUp = Math.abs(estimate - up);
    int toCorner = Math.abs(estimate - corner);
    if (toLeft <= toUp && toLeft <= toCorner) {
      return left;
    }
    return toUp <= toCorner ? up : corner;
  }

  private void pixel(byte[] row, int index, byte[] out, int at) {
    int first = index * header.colour().samples();
    for (int channel = 0; channel < CHANNELS; channel++) {
      out[at + channel] =
          switch (header.colour()) {
            case GREY, GREY_ALPHA -> grey(row, first);
            case RGB, RGB_ALPHA -> (byte) sample(row, first + channel);
            case PALETTE -> colour(CHANNELS * sample(row, first) + channel);
          };
    }
  }

  private byte colour(int at) {
    return at < palette.length ? palette[at] : 0;
  }

  private byte grey(byte[] row, int index) {
    if (header.depth() == 16 && header.colour() == PngHeader.Colour.GREY) {
      return row[1 + 2 * index] == 0 ? row[2 + 2 * index] : (byte) 255;
    }
    int most = (1 << Math.min(8, header.depth())) - 1;
    return (byte) (sample(row, index) * (255 / most));
  }

  /** A sample of up to 8 bits, or the upper half of one of 16. */
  private int sample(byte[] row, int index) {
    if (header.depth() >= 8) {
      return row[1 + index * (header.depth() / 8)] & 0xff;
    }
    int bit = index * header.depth();
    int shift = 8 - header.depth() - bit % 8;
    return (row[1 + bit / 8] >> shift) & ((1 << header.depth()) - 1);
  }
}
