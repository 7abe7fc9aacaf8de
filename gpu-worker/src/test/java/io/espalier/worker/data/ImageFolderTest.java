package io.espalier.worker.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.domain.InvalidInputException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderTest {
  private static final Normalization RAW =
      new Normalization(List.of(0.0, 0.0, 0.0), List.of(1 / 255.0, 1 / 255.0, 1 / 255.0));

  @TempDir Path directory;

  @BeforeAll
  static void no_screen_is_needed() {
    System.setProperty("java.awt.headless", "true");
  }

  @Test
  void classes_and_images_come_in_the_order_of_their_names() throws IOException {
    png("dog/b.png", 2, 2, 0x000002);
    png("dog/a.png", 2, 2, 0x000001);
    png("cat/z.png", 2, 2, 0x000003);

    ImageDataset data = ImageDatasets.open(directory.toUri(), spec(2, 2, 2));

    Batch batch = data.batch(new int[] {0, 1, 2});
    assertThat(data.classes()).isEqualTo(2);
    assertThat(batch.labels()).containsExactly(0, 1, 1);
    assertThat(List.of(batch.pixels()[8], batch.pixels()[20], batch.pixels()[32]))
        .containsExactly(3f, 1f, 2f);
  }

  @Test
  void images_in_the_directory_itself_have_no_classes() throws IOException {
    png("b.png", 2, 2, 0x000002);
    png("a.png", 2, 2, 0x000001);
    Files.writeString(directory.resolve("README.txt"), "where they come from");

    ImageDataset data = ImageDatasets.openAny(directory.toUri(), spec(7, 2, 2));

    assertThat(data.labelled()).isFalse();
    assertThat(data.size()).isEqualTo(2);
    assertThat(data.batch(new int[] {0, 1}).labels()).containsExactly(-1, -1);
    assertThatThrownBy(() -> ImageDatasets.open(directory.toUri(), spec(7, 2, 2)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("labelled images are needed")
        .hasMessageContaining("its 2 images")
        .hasMessageContaining("score: agreement");
  }

  @Test
  void a_png_of_the_right_size_is_read_as_it_is() throws IOException {
    var image = new BufferedImage(2, 1, BufferedImage.TYPE_INT_RGB);
    image.setRGB(0, 0, 0x0a141e);
    image.setRGB(1, 0, 0xfffefd);
    write(image, "only/x.png");

    Batch batch = ImageDatasets.open(directory.toUri(), spec(1, 1, 2)).batch(new int[] {0});

    float[] wanted = {10, 255, 20, 254, 30, 253};
    for (int i = 0; i < wanted.length; i++) {
      assertThat(batch.pixels()[i]).isCloseTo(wanted[i], within(1e-3f));
    }
  }

  @Test
  void a_grey_png_keeps_its_values() throws IOException {
    var image = new BufferedImage(1, 1, BufferedImage.TYPE_BYTE_GRAY);
    image.getRaster().setSample(0, 0, 0, 100);
    write(image, "only/x.png");

    Batch batch = ImageDatasets.open(directory.toUri(), spec(1, 1, 1)).batch(new int[] {0});

    for (float pixel : batch.pixels()) {
      assertThat(pixel).isCloseTo(100f, within(1e-3f));
    }
  }

  @Test
  void shrinking_weighs_neighbours_by_a_triangle() throws IOException {
    // Halving four pixels: centres at 1 and 3, reach 2; shares 0.75, 0.75, 0.25 over their sum.
    row("only/x.png", 10, 20, 40, 80);

    Batch batch = ImageDatasets.open(directory.toUri(), spec(1, 1, 2)).batch(new int[] {0});

    float left = Math.round((0.75 * 10 + 0.75 * 20 + 0.25 * 40) / 1.75); // 19
    float right = Math.round((0.25 * 20 + 0.75 * 40 + 0.75 * 80) / 1.75); // 54
    assertThat(batch.pixels()[0]).isCloseTo(left, within(1e-3f));
    assertThat(batch.pixels()[1]).isCloseTo(right, within(1e-3f));
  }

  @Test
  void enlarging_interpolates_between_two() throws IOException {
    // Doubling two pixels: centres at 0.25, 0.75, 1.25, 1.75 of pixels at 0.5 and 1.5.
    row("only/x.png", 0, 100);

    Batch batch = ImageDatasets.open(directory.toUri(), spec(1, 1, 4)).batch(new int[] {0});

    float[] wanted = {0, 25, 75, 100};
    for (int i = 0; i < wanted.length; i++) {
      assertThat(batch.pixels()[i]).isCloseTo(wanted[i], within(1e-3f));
    }
  }

  @Test
  void a_jpeg_is_read() throws IOException {
    var image = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 256; i++) {
      image.setRGB(i % 16, i / 16, 0x808080);
    }
    Files.createDirectories(directory.resolve("only"));
    ImageIO.write(image, "jpg", directory.resolve("only/x.jpeg").toFile());

    Batch batch = ImageDatasets.open(directory.toUri(), spec(1, 4, 4)).batch(new int[] {0});

    assertThat(batch.pixels()).hasSize(48);
    assertThat(batch.pixels()[7]).isCloseTo(128f, within(2f));
  }

  @Test
  void a_split_is_a_sub_directory() throws IOException {
    png("train/a/1.png", 2, 2, 0);
    png("train/b/1.png", 2, 2, 0);
    png("test/a/1.png", 2, 2, 0);
    png("test/b/1.png", 2, 2, 0);
    png("test/b/2.png", 2, 2, 0);

    ImageDataset test =
        ImageDatasets.open(URI.create(directory.toUri() + "?split=test"), spec(2, 2, 2));

    assertThat(test.size()).isEqualTo(3);
    assertThatThrownBy(() -> ImageDatasets.open(directory.toUri(), spec(2, 2, 2)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("?split=train");
  }

  @Test
  void every_problem_of_a_folder_is_named() throws IOException {
    png("a/good.png", 2, 2, 0);
    Files.writeString(directory.resolve("a/notes.txt"), "hello");
    Files.write(directory.resolve("a/none.png"), new byte[0]);
    Files.writeString(directory.resolve("a/fake.jpg"), "GIF89a");
    Files.createDirectories(directory.resolve("b"));

    var refusal =
        catchThrowableOfType(
            InvalidInputException.class,
            () -> ImageDatasets.open(directory.toUri(), spec(5, 2, 2)));

    assertThat(refusal.problems()).hasSize(5);
    assertThat(refusal)
        .hasMessageContaining("tells 5 classes apart")
        .hasMessageContaining("notes.txt")
        .hasMessageContaining("none.png")
        .hasMessageContaining("fake.jpg")
        .hasMessageContaining("is empty");
  }

  @Test
  void a_broken_image_is_named_when_it_is_read() throws IOException {
    png("a/x.png", 8, 8, 0xffffff);
    Path file = directory.resolve("a/x.png");
    Files.write(file, java.util.Arrays.copyOf(Files.readAllBytes(file), 30));
    ImageDataset data = ImageDatasets.open(directory.toUri(), spec(1, 2, 2));

    assertThatThrownBy(() -> data.batch(new int[] {0}))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("x.png");
  }

  @Test
  void a_fingerprint_follows_classes_names_and_content() throws IOException {
    png("a/x.png", 2, 2, 1);
    String before = ImageDatasets.open(directory.toUri(), spec(1, 2, 2)).fingerprint();
    png("a/x.png", 2, 2, 2);
    String after = ImageDatasets.open(directory.toUri(), spec(1, 2, 2)).fingerprint();

    assertThat(before).hasSize(64).isNotEqualTo(after);
  }

  private static InputSpec spec(int classes, int height, int width) {
    return new InputSpec(OptionalInt.of(classes), 3, height, width, RAW);
  }

  private void row(String name, int... values) throws IOException {
    var image = new BufferedImage(values.length, 1, BufferedImage.TYPE_INT_RGB);
    for (int x = 0; x < values.length; x++) {
      image.setRGB(x, 0, values[x] * 0x010101);
    }
    write(image, name);
  }

  private void png(String name, int width, int height, int rgb) throws IOException {
    var image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < width * height; i++) {
      image.setRGB(i % width, i / width, rgb);
    }
    write(image, name);
  }

  private void write(BufferedImage image, String name) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    ImageIO.write(image, "png", file.toFile());
  }
}
