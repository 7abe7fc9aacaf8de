package io.espalier.worker.data.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.espalier.worker.domain.InvalidInputException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The segments of a JPEG file.
 *
 * <p>Source: ITU-T T.81, annex B; T.871 (JFIF); Adobe Technical Note 5116; Pillow, {@code
 * JpegImagePlugin.py}.
 */
final class JpegFile implements EncodedImage {
  private static final int START_OF_SCAN = 0xda;
  private static final int END_OF_IMAGE = 0xd9;
  private static final byte[] SIGNATURE = {(byte) 0xff, (byte) 0xd8, (byte) 0xff};
  private static final String EXIF = "Exif\0\0";
  private static final String XMP = "http://ns.adobe.com/xap/1.0/\0";

  private final Path file;
  private final ByteBuffer bytes;

  /** Segments that the pixels need, without mere metadata. */
  private final Slices image;

  private Optional<JpegFrame> frame = Optional.empty();
  private boolean jfif;
  private OptionalInt adobe = OptionalInt.empty();
  private Optional<Integer> exif = Optional.empty();
  private Optional<Integer> xmp = Optional.empty();

  private JpegFile(Path file, byte[] bytes) {
    this.file = file;
    this.bytes = ByteBuffer.wrap(bytes);
    this.image = new Slices(bytes);
  }

  /** Returns whether these bytes begin as a JPEG does. */
  static boolean accepts(byte[] bytes) {
    return bytes.length >= SIGNATURE.length
        && Arrays.equals(bytes, 0, SIGNATURE.length, SIGNATURE, 0, SIGNATURE.length);
  }

  /**
   * Reads the segments of a file up to the first scan, and makes sure that the scans end.
   *
   * @throws InvalidInputException if it ends before the image does, or is no JPEG of a known kind
   */
  static JpegFile of(Path file, byte[] bytes) {
    var jpeg = new JpegFile(file, bytes);
    jpeg.image.add(0, 2);
    int at = 2;
    while (at >= 0) {
      at = jpeg.segment(at);
    }
    return jpeg;
  }

  /** Reads one segment; where the next begins, or a negative number after the start of a scan. */
  private int segment(int at) {
    if (bytes.capacity() - at < 4) {
      throw truncated();
    }
    int marker = bytes.get(at + 1) & 0xff;
    if (bytes.get(at) != (byte) 0xff) {
      throw broken("no marker at byte %d".formatted(at));
    }
    if (marker == 0xff || marker == 0) {
      return at + 1; // padding
    }
    if (marker == START_OF_SCAN) {
      scans(at);
      return -1;
    }
    if (marker == END_OF_IMAGE || (marker >= 0xd0 && marker <= 0xd7)) {
      return at + 2;
    }
    int length = Short.toUnsignedInt(bytes.getShort(at + 2));
    if (length < 2 || length > bytes.capacity() - at - 2) {
      throw length < 2 ? broken("a segment of length " + length) : truncated();
    }
    take(marker, at, length);
    return at + 2 + length;
  }

  private void scans(int at) {
    if (frame.isEmpty()) {
      throw broken("a scan before its size");
    }
    image.add(at, bytes.capacity() - at);
    for (int i = bytes.capacity() - 2; i > at; i--) {
      if (bytes.get(i) == (byte) 0xff && (bytes.get(i + 1) & 0xff) == END_OF_IMAGE) {
        return;
      }
    }
    throw truncated();
  }

  private void take(int marker, int at, int length) {
    ByteBuffer content = bytes.slice(at + 4, length - 2);
    if (JpegFrame.isFrame(marker)) {
      frame = Optional.of(JpegFrame.of(marker, content).orElseThrow(() -> unknown(marker)));
    }
    switch (marker) {
      case 0xe0 -> jfif |= startsWith(content, "JFIF\0");
      case 0xe1 -> {
        exif = exif.or(() -> after(content, EXIF).flatMap(Orientation::ofExif));
        xmp = xmp.or(() -> after(content, XMP).flatMap(Orientation::ofXmp));
      }
      case 0xee -> {
        if (startsWith(content, "Adobe") && content.remaining() >= 12) {
          adobe = OptionalInt.of(content.get(11) & 0xff);
        }
      }
      default -> {} // pixels' tables, or what says nothing of pixels
    }
    boolean speaks = (marker >= 0xe0 && marker <= 0xef) || marker == 0xfe;
    if (!speaks) {
      image.add(at, 2 + length);
    }
  }

  private static Optional<ByteBuffer> after(ByteBuffer content, String head) {
    return startsWith(content, head)
        ? Optional.of(content.slice(head.length(), content.remaining() - head.length()))
        : Optional.empty();
  }

  private static boolean startsWith(ByteBuffer content, String head) {
    return content.remaining() >= head.length()
        && ISO_8859_1.decode(content.slice(0, head.length())).toString().equals(head);
  }

  @Override
  public ImageSize size() {
    return frame.orElseThrow().size();
  }

  @Override
  public int orientation() {
    return exif.or(() -> xmp).orElse(Orientation.UPRIGHT);
  }

  @Override
  public RgbImage decode() {
    JpegFrame found = frame.orElseThrow();
    byte[] samples = JpegSamples.of(file, image.joined(), found);
    return new RgbImage(found.size(), JpegColour.of(found, jfif, adobe).toRgb(samples));
  }

  private InvalidInputException truncated() {
    return new InvalidInputException(
        "%s is truncated: it ends after %,d bytes, before its image does; fetch or write it again"
            .formatted(file, bytes.capacity()));
  }

  private InvalidInputException broken(String why) {
    return new InvalidInputException("%s is no sound JPEG: it has %s".formatted(file, why));
  }

  private InvalidInputException unknown(int marker) {
    return new InvalidInputException(
        "%s is a JPEG of a kind that is not read here (frame 0x%x; read are baseline and progressive ones with Huffman coding, 8 bits, and 1, 3 or 4 channels); save it as one of these or as PNG"
            .formatted(file, marker));
  }
}
