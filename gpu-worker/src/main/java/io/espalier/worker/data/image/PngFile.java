package io.espalier.worker.data.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.espalier.worker.domain.InvalidInputException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * The chunks of a PNG file. Checksums count where Pillow lets them count: before the image data.
 *
 * <p>Source: Portable Network Graphics Specification, third edition; Pillow, {@code
 * PngImagePlugin.py}.
 */
final class PngFile implements EncodedImage {
  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 26, '\n'};
  private static final String DATA = "IDAT";
  private static final String XMP = "XML:com.adobe.xmp";
  private static final int AROUND = 12; // bytes of length, name and checksum

  private final Path file;
  private final ByteBuffer bytes;
  private final Slices data;
  private Optional<PngHeader> header = Optional.empty();
  private byte[] palette = {};
  private Optional<Integer> exif = Optional.empty();
  private Optional<Integer> xmp = Optional.empty();
  private boolean complete;

  private PngFile(Path file, byte[] bytes) {
    this.file = file;
    this.bytes = ByteBuffer.wrap(bytes);
    this.data = new Slices(bytes);
  }

  /** Returns whether these bytes begin as a PNG does. */
  static boolean accepts(byte[] bytes) {
    return bytes.length >= SIGNATURE.length
        && Arrays.equals(bytes, 0, SIGNATURE.length, SIGNATURE, 0, SIGNATURE.length);
  }

  /**
   * Reads the chunks of a file.
   *
   * @throws InvalidInputException if it ends before the image does, or is no sound PNG
   */
  static PngFile of(Path file, byte[] bytes) {
    var png = new PngFile(file, bytes);
    int at = SIGNATURE.length;
    while (at >= 0 && bytes.length - at >= 8) {
      at = png.chunk(at);
    }
    if (png.header.isEmpty() || png.data.isEmpty()) {
      throw png.truncated();
    }
    if (!png.complete && !png.pixels().areComplete()) {
      throw png.truncated();
    }
    return png;
  }

  /** Reads one chunk; where the next begins, or a negative number if there is none. */
  private int chunk(int at) {
    int length = bytes.getInt(at);
    var name = new String(bytes.array(), at + 4, 4, ISO_8859_1);
    boolean whole = length >= 0 && length <= bytes.capacity() - at - AROUND;
    if (name.equals(DATA)) {
      data.add(at + 8, Math.max(0, Math.min(length, bytes.capacity() - at - 8)));
    } else if (whole) {
      beside(at, length, name);
    } else if (data.isEmpty()) {
      throw length < 0 ? broken("a chunk of length " + length) : truncated();
    }
    return whole && !name.equals("IEND") ? at + AROUND + length : -1;
  }

  /** Reads a chunk that holds no pixels. */
  private void beside(int at, int length, String name) {
    if (data.isEmpty()) {
      checkSum(at, length, name);
    }
    complete |= !data.isEmpty();
    take(name, bytes.slice(at + 8, length));
  }

  private void checkSum(int at, int length, String name) {
    var sum = new CRC32();
    sum.update(bytes.array(), at + 4, length + 4);
    if ((int) sum.getValue() != bytes.getInt(at + 8 + length)) {
      throw broken("a wrong checksum in chunk " + name.replaceAll("[^A-Za-z]", "?"));
    }
  }

  private void take(String name, ByteBuffer content) {
    switch (name) {
      case "IHDR" ->
          header =
              Optional.of(
                  PngHeader.of(content).orElseThrow(() -> broken("an unknown kind of pixels")));
      case "PLTE" -> {
        palette = new byte[content.remaining()];
        content.get(palette);
      }
      case "eXIf" -> exif = Orientation.ofExif(content);
      case "iTXt" -> {
        if (startsWith(content, XMP)) {
          xmp = Orientation.ofXmp(content);
        }
      }
      default -> {} // says nothing of pixels
    }
  }

  private static boolean startsWith(ByteBuffer content, String keyword) {
    return content.remaining() > keyword.length()
        && ISO_8859_1.decode(content.slice(0, keyword.length())).toString().equals(keyword);
  }

  private PngPixels pixels() {
    return new PngPixels(header.orElseThrow(), palette, data.joined());
  }

  @Override
  public ImageSize size() {
    return header.orElseThrow().size();
  }

  @Override
  public int orientation() {
    return exif.or(() -> xmp).orElse(Orientation.UPRIGHT);
  }

  @Override
  public RgbImage decode() {
    try {
      return pixels().decode();
    } catch (PngPixels.Unreadable e) {
      throw e.early() ? truncated() : broken(e.why());
    }
  }

  private InvalidInputException truncated() {
    return new InvalidInputException(
        "%s is truncated: it ends after %,d bytes, before its image does; fetch or write it again"
            .formatted(file, bytes.capacity()));
  }

  private InvalidInputException broken(String why) {
    return new InvalidInputException("%s is no sound PNG: it has %s".formatted(file, why));
  }
}
