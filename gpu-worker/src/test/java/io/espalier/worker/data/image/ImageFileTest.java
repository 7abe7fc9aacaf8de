package io.espalier.worker.data.image;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageFileTest {
  @TempDir Path directory;

  static List<String> files() {
    return GoldenPixels.names("rgb/");
  }

  static List<String> turned() {
    return GoldenPixels.names("upright/");
  }

  @ParameterizedTest
  @MethodSource("files")
  void pixels_are_those_of_pillow(String name) {
    RgbImage expected = GoldenPixels.image("rgb/" + name);

    ImageFile file = ImageFile.open(GoldenPixels.file(name));

    RgbImage image = file.decode(false);
    assertThat(file.size(false)).isEqualTo(expected.size());
    assertThat(image.size()).isEqualTo(expected.size());
    assertThat(GoldenPixels.difference(image, expected)).isZero();
  }

  @ParameterizedTest
  @MethodSource("turned")
  void images_are_turned_as_pillow_turns_them(String name) {
    RgbImage expected = GoldenPixels.image("upright/" + name);

    ImageFile file = ImageFile.open(GoldenPixels.file(name));

    RgbImage image = file.decode(true);
    assertThat(file.size(true)).isEqualTo(expected.size());
    assertThat(image.size()).isEqualTo(expected.size());
    assertThat(GoldenPixels.difference(image, expected)).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rgb-8.png",
        "rgb-8-interlaced.png",
        "palette-4.png",
        "rgb-420.jpg",
        "progressive.jpg",
        "grey.jpg",
        "cmyk.jpg",
        "exif-6.jpg"
      })
  void a_file_that_ends_early_is_refused_by_name_wherever_it_ends(String name) throws IOException {
    byte[] whole = Files.readAllBytes(GoldenPixels.file(name));
    int needed = name.endsWith(".png") ? whole.length - 12 - 4 - 4 - 2 : whole.length - 1;

    for (int length : new int[] {12, 40, whole.length / 3, whole.length * 9 / 10, needed}) {
      Path cut = Files.write(directory.resolve(name), Arrays.copyOf(whole, length));

      assertThatThrownBy(() -> ImageFile.open(cut))
          .as("%d of %d bytes", length, whole.length)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining(cut + " is truncated");
    }
  }

  @Test
  void an_image_of_too_many_pixels_is_refused_before_it_is_decoded() throws IOException {
    byte[] png = Files.readAllBytes(GoldenPixels.file("rgb-8.png"));
    ByteBuffer.wrap(png).putInt(16, 60_000).putInt(20, 60_000).putInt(29, headerSum(png));
    byte[] jpeg = Files.readAllBytes(GoldenPixels.file("grey.jpg"));
    int frame = indexOf(jpeg, (byte) 0xc0);
    ByteBuffer.wrap(jpeg).putShort(frame + 4, (short) 65_000).putShort(frame + 6, (short) 65_000);
    Path a = Files.write(directory.resolve("a.png"), png);
    Path b = Files.write(directory.resolve("b.jpg"), jpeg);

    assertThatThrownBy(() -> ImageFile.open(a))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("a.png claims to have 60000 x 60000 pixels")
        .hasMessageContaining("89,478,485");
    assertThatThrownBy(() -> ImageFile.open(b))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("b.jpg claims to have 65000 x 65000 pixels");
  }

  @Test
  void what_pillow_finds_broken_is_refused_by_name() throws IOException {
    byte[] header = Files.readAllBytes(GoldenPixels.file("rgb-8-gamma.png"));
    header[42]++; // within gAMA
    byte[] data = Files.readAllBytes(GoldenPixels.file("rgb-8.png"));
    data[60] ^= 0x55;
    data[61] ^= 0x55;
    byte[] arithmetic = Files.readAllBytes(GoldenPixels.file("grey.jpg"));
    arithmetic[indexOf(arithmetic, (byte) 0xc0)] = (byte) 0xc9;

    assertThatThrownBy(() -> ImageFile.open(write("header.png", header)))
        .hasMessageContaining("header.png is no sound PNG")
        .hasMessageContaining("gAMA");
    assertThatThrownBy(() -> ImageFile.open(write("data.png", data)).decode(false))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("data.png");
    assertThatThrownBy(() -> ImageFile.open(write("arithmetic.jpg", arithmetic)))
        .hasMessageContaining("arithmetic.jpg is a JPEG of a kind that is not read here")
        .hasMessageContaining("0xc9");
  }

  @Test
  void what_is_neither_png_nor_jpeg_is_refused_by_name() throws IOException {
    assertThatThrownBy(() -> ImageFile.open(write("x.jpg", "GIF89a".getBytes(US_ASCII))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("x.jpg is neither PNG nor JPEG");
    assertThatThrownBy(() -> ImageFile.open(write("y.png", new byte[0])))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("y.png is empty");
  }

  private Path write(String name, byte[] bytes) throws IOException {
    return Files.write(directory.resolve(name), bytes);
  }

  /** Returns where the marker of a frame lies, without its first byte. */
  private static int indexOf(byte[] jpeg, byte marker) {
    for (int i = 1; i < jpeg.length; i++) {
      if (jpeg[i - 1] == (byte) 0xff && jpeg[i] == marker) {
        return i;
      }
    }
    throw new IllegalArgumentException("no marker " + marker);
  }

  private static int headerSum(byte[] png) {
    var sum = new CRC32();
    sum.update(png, 12, 17);
    return (int) sum.getValue();
  }
}
