package io.espalier.worker.data.image;

import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A PNG or JPEG file, as Pillow reads it: what it is, its first bytes say, not its name; colour
 * profiles and gamma change nothing; alpha is dropped.
 */
public final class ImageFile {
  /**
   * The most pixels that an image may claim: where Pillow begins to warn of decompression bombs. A
   * quarter of a gibibyte when decoded.
   */
  public static final long MOST_PIXELS = 89_478_485;

  private final Path file;
  private final EncodedImage encoded;

  private ImageFile(Path file, EncodedImage encoded) {
    this.file = file;
    this.encoded = encoded;
  }

  /**
   * Reads a file and looks at its structure; decodes nothing.
   *
   * @throws InvalidInputException if it is neither PNG nor JPEG, ends too early, or claims more
   *     than {@link #MOST_PIXELS}
   */
  public static ImageFile open(Path file) {
    byte[] bytes = read(file);
    var image = new ImageFile(file, encoded(file, bytes));
    if (image.encoded.size().pixels() > MOST_PIXELS) {
      throw new InvalidInputException(
          "%s claims to have %s pixels, more than the %,d that are decoded here; make it smaller or move it elsewhere"
              .formatted(file, image.encoded.size(), MOST_PIXELS));
    }
    return image;
  }

  private static EncodedImage encoded(Path file, byte[] bytes) {
    if (PngFile.accepts(bytes)) {
      return PngFile.of(file, bytes);
    }
    if (JpegFile.accepts(bytes)) {
      return JpegFile.of(file, bytes);
    }
    throw new InvalidInputException(
        "%s is %s; move it elsewhere"
            .formatted(
                file,
                bytes.length == 0 ? "empty" : "neither PNG nor JPEG, whatever its name says"));
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new InvalidInputException("%s cannot be read: %s".formatted(file, e));
    }
  }

  /**
   * Its size.
   *
   * @param upright whether it is turned as its EXIF data say
   */
  public ImageSize size(boolean upright) {
    ImageSize size = encoded.size();
    return upright && Orientation.exchanges(encoded.orientation()) ? size.transposed() : size;
  }

  /**
   * Its pixels.
   *
   * @param upright whether it is turned as its EXIF data say
   * @throws InvalidInputException if it cannot be decoded
   */
  public RgbImage decode(boolean upright) {
    try {
      RgbImage image = encoded.decode();
      return upright ? Orientation.upright(image, encoded.orientation()) : image;
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      throw new InvalidInputException("%s cannot be decoded: %s".formatted(file, e));
    }
  }
}
