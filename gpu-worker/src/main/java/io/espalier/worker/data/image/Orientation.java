package io.espalier.worker.data.image;

import static io.espalier.worker.data.image.RgbImage.CHANNELS;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Turn that an image needs, in the numbers of EXIF: 1 not at all; 2 mirrored; 3 by half a turn; 4
 * upside down; 5 to 8 the same with rows and columns exchanged.
 *
 * <p>Source: Pillow, {@code ImageOps.exif_transpose} and {@code Image.getexif}.
 */
final class Orientation {
  /** An image that is as it should be. */
  static final int UPRIGHT = 1;

  private static final int LAST = 8;
  private static final int TAG = 0x0112;
  private static final int ENTRY = 12;
  private static final int BYTE = 1;
  private static final int SHORT = 3;
  private static final int LONG = 4;
  private static final Pattern XMP = Pattern.compile("tiff:Orientation(?:=\"|>)([0-9])");

  private Orientation() {}

  /**
   * Returns what EXIF data say: a TIFF header and what it points to. Empty if they say nothing
   * usable.
   */
  static Optional<Integer> ofExif(ByteBuffer exif) {
    ByteBuffer tiff = exif.slice();
    if (tiff.remaining() < 8) {
      return Optional.empty();
    }
    tiff.order(tiff.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    int at = tiff.getInt(4);
    if (at < 8 || at > tiff.limit() - 2) {
      return Optional.empty();
    }
    int entries = Short.toUnsignedInt(tiff.getShort(at));
    for (int i = 0; i < entries && at + 2 + (i + 1) * ENTRY <= tiff.limit(); i++) {
      int entry = at + 2 + i * ENTRY;
      if (Short.toUnsignedInt(tiff.getShort(entry)) == TAG) {
        return Optional.of(value(tiff, entry));
      }
    }
    return Optional.empty();
  }

  private static int value(ByteBuffer tiff, int entry) {
    return switch (Short.toUnsignedInt(tiff.getShort(entry + 2))) {
      case BYTE -> tiff.get(entry + 8) & 0xff;
      case SHORT -> Short.toUnsignedInt(tiff.getShort(entry + 8));
      case LONG -> tiff.getInt(entry + 8);
      default -> UPRIGHT;
    };
  }

  /** Returns what XMP data say; empty if they say nothing. */
  static Optional<Integer> ofXmp(ByteBuffer xmp) {
    Matcher matcher = XMP.matcher(ISO_8859_1.decode(xmp.duplicate()));
    return matcher.find() ? Optional.of(Integer.parseInt(matcher.group(1))) : Optional.empty();
  }

  /** Returns whether rows become columns. */
  static boolean exchanges(int orientation) {
    return orientation > 4 && orientation <= LAST;
  }

  /** An image turned as a number says; numbers that mean nothing leave it as it is. */
  static RgbImage upright(RgbImage image, int orientation) {
    if (orientation <= UPRIGHT || orientation > LAST) {
      return image;
    }
    int height = image.size().height();
    int width = image.size().width();
    boolean exchanged = exchanges(orientation);
    var size = exchanged ? image.size().transposed() : image.size();
    var out = new byte[image.values().length];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        int row = fromBottom(orientation) ? height - 1 - y : y;
        int column = fromRight(orientation) ? width - 1 - x : x;
        int to = exchanged ? column * height + row : row * width + column;
        System.arraycopy(image.values(), CHANNELS * (y * width + x), out, CHANNELS * to, CHANNELS);
      }
    }
    return new RgbImage(size, out);
  }

  private static boolean fromRight(int orientation) {
    return orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  }

  private static boolean fromBottom(int orientation) {
    return orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  }
}
