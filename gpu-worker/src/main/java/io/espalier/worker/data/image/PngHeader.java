package io.espalier.worker.data.image;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Data of a PNG on its pixels.
 *
 * @param size rows and columns
 * @param depth bits per sample
 * @param colour what the samples of a pixel are
 * @param interlaced whether it comes in seven passes
 */
record PngHeader(ImageSize size, int depth, Colour colour, boolean interlaced) {
  /** Meaning of the samples of a pixel. */
  enum Colour {
    GREY(1),
    RGB(3),
    PALETTE(1),
    GREY_ALPHA(2),
    RGB_ALPHA(4);

    private final int samples;

    Colour(int samples) {
      this.samples = samples;
    }

    /** Samples per pixel. */
    int samples() {
      return samples;
    }
  }

  private static final int LENGTH = 13;
  private static final Map<Integer, Colour> COLOURS =
      Map.of(
          0, Colour.GREY,
          2, Colour.RGB,
          3, Colour.PALETTE,
          4, Colour.GREY_ALPHA,
          6, Colour.RGB_ALPHA);

  /** Reads the header chunk; empty if there is no such kind of PNG. */
  static Optional<PngHeader> of(ByteBuffer chunk) {
    if (chunk.remaining() < LENGTH || chunk.getInt(0) < 1 || chunk.getInt(4) < 1) {
      return Optional.empty();
    }
    int depth = chunk.get(8);
    int interlace = chunk.get(12);
    return Optional.ofNullable(COLOURS.get((int) chunk.get(9)))
        .filter(colour -> depths(colour).contains(depth) && interlace >= 0 && interlace <= 1)
        .map(
            colour ->
                new PngHeader(
                    new ImageSize(chunk.getInt(4), chunk.getInt(0)),
                    depth,
                    colour,
                    interlace == 1));
  }

  private static List<Integer> depths(Colour colour) {
    return switch (colour) {
      case GREY -> List.of(1, 2, 4, 8, 16);
      case PALETTE -> List.of(1, 2, 4, 8);
      case RGB, GREY_ALPHA, RGB_ALPHA -> List.of(8, 16);
    };
  }

  /** Bits of a pixel. */
  int bits() {
    return depth * colour.samples();
  }
}
