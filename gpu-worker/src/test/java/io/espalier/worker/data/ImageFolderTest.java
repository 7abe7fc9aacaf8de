package io.espalier.worker.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.data.image.ImageSize;
import io.espalier.worker.data.image.ImageStep;
import io.espalier.worker.data.image.Preparation;
import io.espalier.worker.data.image.Resampling;
import io.espalier.worker.domain.InvalidInputException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
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
  void images_that_end_early_are_refused_on_opening_all_of_them_by_name() throws IOException {
    png("a/whole.png", 8, 8, 0xffffff);
    png("a/x.png", 8, 8, 0xffffff);
    png("b/y.png", 8, 8, 0xffffff);
    truncate("a/x.png", 50);
    truncate("b/y.png", 30);

    var refusal =
        catchThrowableOfType(
            InvalidInputException.class,
            () -> ImageDatasets.open(directory.toUri(), spec(2, 2, 2)));

    assertThat(refusal.problems()).hasSize(2);
    assertThat(refusal)
        .hasMessageContaining("a/x.png is truncated")
        .hasMessageContaining("b/y.png is truncated");
  }

  @Test
  void an_image_without_a_class_that_ends_early_is_refused_too() throws IOException {
    png("x.png", 8, 8, 0xffffff);
    truncate("x.png", 50);

    assertThatThrownBy(() -> ImageDatasets.openAny(directory.toUri(), spec(1, 2, 2)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("x.png is truncated");
  }

  @Test
  void an_image_that_does_not_get_the_models_size_is_refused_by_name() throws IOException {
    png("a/fits.png", 8, 8, 0);
    png("a/wide.png", 16, 8, 0);
    InputSpec spec =
        spec(1, 4, 4)
            .with(prepared(Preparation.shortestEdge(4, Resampling.BILINEAR)), ClassNames.NONE);

    assertThatThrownBy(() -> ImageDatasets.open(directory.toUri(), spec))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("wide.png has 8 x 16 pixels and gets 4 x 8")
        .hasMessageContaining("the model takes 4 x 4")
        .hasMessageNotContaining("fits.png");
  }

  @Test
  void classes_are_found_by_the_names_that_the_model_has_for_them() throws IOException {
    png("ant/1.png", 2, 2, 1);
    png("zebra/1.png", 2, 2, 2);
    InputSpec spec =
        spec(3, 2, 2)
            .with(
                spec(3, 2, 2).preparation(),
                new ClassNames(
                    List.of("zebra", "cat", "ant"), "id2label", FolderOrder.CODE_POINTS));

    ImageDataset data = ImageDatasets.open(directory.toUri(), spec);

    assertThat(data.classes()).isEqualTo(3);
    assertThat(data.batch(new int[] {0, 1}).labels()).containsExactly(2, 0);
    assertThat(data.first(1).reading().labels()).isEqualTo("by name, as id2label has them");
  }

  @Test
  void an_image_that_would_be_enlarged_beyond_measure_is_refused_by_name() throws IOException {
    png("a/thread.png", 60_000, 1, 0);
    var square = new ImageSize(64, 64);
    var preparation =
        new Preparation(
            List.of(
                Preparation.shortestEdge(64, Resampling.BILINEAR),
                Preparation.torchvisionCrop(square)),
            false,
            false,
            "",
            true);
    InputSpec spec = spec(1, 64, 64).with(preparation, ClassNames.NONE);

    assertThatThrownBy(() -> ImageDatasets.open(directory.toUri(), spec))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("thread.png has 1 x 60000 pixels, and would have 245,760,000");
  }

  @Test
  void sizes_that_the_models_files_say_nothing_of_are_warned_of() throws IOException {
    png("a/x.png", 4, 4, 1);
    InputSpec said =
        spec(1, 2, 2)
            .with(
                prepared(Preparation.exact(new ImageSize(2, 2), Resampling.BILINEAR)),
                ClassNames.NONE);

    ImageReading other = ImageDatasets.open(directory.toUri(), spec(1, 2, 2)).reading();
    ImageReading same = ImageDatasets.open(directory.toUri(), spec(1, 4, 4)).reading();
    ImageReading stated = ImageDatasets.open(directory.toUri(), said).reading();

    assertThat(other.warnings())
        .singleElement()
        .asString()
        .contains("other sizes than 2 x 2", "no file of the model says how");
    assertThat(same.warnings()).isEmpty();
    assertThat(stated.warnings()).isEmpty();
  }

  @Test
  void blue_comes_first_where_the_preparation_says_so() throws IOException {
    png("a/x.png", 1, 1, 0x010203);
    Preparation usual = spec(1, 1, 1).preparation();
    InputSpec spec =
        spec(1, 1, 1).with(new Preparation(usual.steps(), false, true, "", true), ClassNames.NONE);

    Batch batch = ImageDatasets.open(directory.toUri(), spec).batch(new int[] {0});

    assertThat(batch.pixels()[0]).isCloseTo(3f, within(1e-3f));
    assertThat(batch.pixels()[2]).isCloseTo(1f, within(1e-3f));
  }

  @Test
  void a_fingerprint_follows_the_settings_by_which_images_are_prepared() throws IOException {
    png("a/x.png", 8, 8, 1);
    InputSpec spec = spec(1, 4, 4);
    Preparation crop = prepared(Preparation.torchvisionCrop(new ImageSize(4, 4)));
    var turned = new Preparation(crop.steps(), true, false, "", true);
    var normalized = new InputSpec(OptionalInt.of(1), 3, 4, 4, Normalization.IMAGENET);
    Preparation bicubic = prepared(Preparation.exact(new ImageSize(4, 4), Resampling.BICUBIC));

    List<String> fingerprints =
        Stream.of(
                spec,
                normalized,
                spec.with(crop, ClassNames.NONE),
                spec.with(turned, ClassNames.NONE),
                spec.with(bicubic, ClassNames.NONE))
            .map(each -> ImageDatasets.open(directory.toUri(), each).fingerprint())
            .toList();

    assertThat(fingerprints).doesNotHaveDuplicates();
    assertThat(ImageDatasets.open(directory.toUri(), spec).fingerprint())
        .isEqualTo(fingerprints.get(0));
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

  private static Preparation prepared(ImageStep step) {
    return new Preparation(List.of(step), false, false, "", true);
  }

  private void truncate(String name, int length) throws IOException {
    Path file = directory.resolve(name);
    Files.write(file, java.util.Arrays.copyOf(Files.readAllBytes(file), length));
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
