package io.espalier.worker.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.data.image.ImageSize;
import io.espalier.worker.data.image.Preparation;
import io.espalier.worker.domain.InvalidInputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CIFAR's binary files: what is read from them, and what is refused. */
class ImageDatasetsTest {
  private static final int PLANE = 1024;

  @TempDir Path directory;

  @Test
  void a_record_is_a_label_and_three_planes() throws IOException {
    byte[] record = record(new int[] {7}, 10, 20, 30);
    record[1 + 2 * PLANE + 33] = (byte) 255;
    Path file = Files.write(directory.resolve("some.bin"), record);

    Batch batch = ImageDatasets.open(file.toUri()).batch(new int[] {0});

    assertThat(batch.labels()).containsExactly(7);
    assertThat(batch.pixels()).hasSize(3 * PLANE);
    assertThat(batch.pixels()[0]).isCloseTo((10 / 255f - 0.4914f) / 0.2470f, within(1e-5f));
    assertThat(batch.pixels()[PLANE]).isCloseTo((20 / 255f - 0.4822f) / 0.2435f, within(1e-5f));
    assertThat(batch.pixels()[2 * PLANE]).isCloseTo((30 / 255f - 0.4465f) / 0.2616f, within(1e-5f));
    assertThat(batch.pixels()[2 * PLANE + 33]).isCloseTo((1 - 0.4465f) / 0.2616f, within(1e-5f));
  }

  @Test
  void the_fine_label_of_cifar_100_counts() throws IOException {
    Files.write(directory.resolve("train.bin"), record(new int[] {3, 99}, 1, 2, 3));

    ImageDataset data = ImageDatasets.open(directory.toUri());

    assertThat(data.classes()).isEqualTo(100);
    assertThat(data.batch(new int[] {0}).labels()).containsExactly(99);
  }

  @Test
  void a_directory_gives_its_batches_in_numerical_order() throws IOException {
    for (int batch : new int[] {1, 2, 10}) {
      Files.write(
          directory.resolve("data_batch_" + batch + ".bin"),
          record(new int[] {batch % 10}, batch, 0, 0));
    }
    Files.write(directory.resolve("test_batch.bin"), record(new int[] {9}, 0, 0, 0));

    ImageDataset train = ImageDatasets.open(uri("?split=train"));
    ImageDataset test = ImageDatasets.open(uri("?split=test"));

    assertThat(train.batch(new int[] {0, 1, 2}).labels()).containsExactly(1, 2, 0);
    assertThat(train.batch(new int[] {2, 0}).labels()).containsExactly(0, 1);
    assertThat(test.batch(new int[] {0}).labels()).containsExactly(9);
  }

  @Test
  void a_plain_path_will_do() throws IOException {
    Path file = Files.write(directory.resolve("test_batch.bin"), record(new int[] {4}, 0, 0, 0));

    assertThat(ImageDatasets.open(URI.create(file.toString())).size()).isEqualTo(1);
  }

  @Test
  void which_split_must_be_said_if_there_are_two() throws IOException {
    Files.write(directory.resolve("data_batch_1.bin"), record(new int[] {1}, 0, 0, 0));
    Files.write(directory.resolve("test_batch.bin"), record(new int[] {1}, 0, 0, 0));

    assertThatThrownBy(() -> ImageDatasets.open(directory.toUri()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("?split=train or ?split=test");
  }

  @Test
  void a_split_that_is_not_there_is_refused() throws IOException {
    Files.write(directory.resolve("test_batch.bin"), record(new int[] {1}, 0, 0, 0));

    assertThatThrownBy(() -> ImageDatasets.open(uri("?split=train")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("wanted data_batch_*.bin or train.bin")
        .hasMessageContaining("test_batch.bin");
  }

  @Test
  void an_unknown_query_is_refused() {
    assertThatThrownBy(() -> ImageDatasets.open(uri("?splitt=train")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("splitt=train");
  }

  @Test
  void another_scheme_is_refused() {
    assertThatThrownBy(() -> ImageDatasets.open(URI.create("s3://bucket/cifar")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("s3://bucket/cifar")
        .hasMessageContaining("file:");
  }

  @Test
  void a_data_set_that_does_not_exist_is_refused() {
    assertThatThrownBy(() -> ImageDatasets.open(directory.resolve("nowhere").toUri()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("nowhere");
  }

  @Test
  void an_empty_directory_is_refused() {
    assertThatThrownBy(() -> ImageDatasets.open(directory.toUri()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("neither CIFAR files");
  }

  @Test
  void every_problem_of_a_data_set_is_named() throws IOException {
    Files.write(directory.resolve("data_batch_1.bin"), new byte[0]);
    Files.write(directory.resolve("data_batch_2.bin"), new byte[2 * 3073 - 5]);
    var spec = new InputSpec(OptionalInt.of(7), 3, 64, 48, Normalization.CIFAR);

    var refusal =
        catchThrowableOfType(
            InvalidInputException.class, () -> ImageDatasets.open(directory.toUri(), spec));

    assertThat(refusal.problems()).hasSize(4);
    assertThat(refusal)
        .hasMessageContaining("3 x 64 x 48")
        .hasMessageContaining("the model tells 7 classes apart, but the data has 10")
        .hasMessageContaining("data_batch_1.bin is empty")
        .hasMessageContaining("data_batch_2.bin has 6141 bytes")
        .hasMessageContaining("1 records of 3073 and 3068 bytes more");
  }

  @Test
  void a_label_out_of_range_is_refused() throws IOException {
    var bytes = new ByteArrayOutputStream();
    for (int label : new int[] {9, 10, 0, 255}) {
      bytes.write(record(new int[] {label}, 0, 0, 0));
    }
    Path file = Files.write(directory.resolve("test_batch.bin"), bytes.toByteArray());

    assertThatThrownBy(() -> ImageDatasets.open(file.toUri()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("2 of 4 labels are not from 0 to 9; the first is 10, of image 1");
  }

  @Test
  void the_models_classes_decide_on_a_file_whose_name_says_nothing() throws IOException {
    Path file = Files.write(directory.resolve("x.bin"), record(new int[] {3, 42}, 1, 2, 3));
    var spec = new InputSpec(OptionalInt.of(100), 3, 32, 32, Normalization.CIFAR);

    ImageDataset data = ImageDatasets.open(file.toUri(), spec);

    assertThat(data.classes()).isEqualTo(100);
  }

  @Test
  void the_first_images_are_those_and_no_more() throws IOException {
    var bytes = new ByteArrayOutputStream();
    for (int label = 0; label < 5; label++) {
      bytes.write(record(new int[] {label}, 0, 0, 0));
    }
    Path file = Files.write(directory.resolve("test_batch.bin"), bytes.toByteArray());
    ImageDataset whole = ImageDatasets.open(file.toUri());

    ImageDataset first = whole.first(2);

    assertThat(first.size()).isEqualTo(2);
    assertThat(first.batch(new int[] {1, 0}).labels()).containsExactly(1, 0);
    assertThat(first.fingerprint()).isNotEqualTo(whole.fingerprint());
    assertThat(whole.first(9)).isSameAs(whole);
    assertThatThrownBy(() -> first.batch(new int[] {2}))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void a_fingerprint_follows_the_content_not_the_place() throws IOException {
    byte[] record = record(new int[] {1}, 5, 6, 7);
    Path here = Files.write(directory.resolve("a.bin"), record);
    Path there = Files.write(directory.resolve("b.bin"), record);
    record[3000]++;
    Path other = Files.write(directory.resolve("c.bin"), record);

    List<String> fingerprints =
        List.of(here, there, other).stream()
            .map(file -> ImageDatasets.open(file.toUri()).fingerprint())
            .toList();

    assertThat(fingerprints.get(0)).hasSize(64).isEqualTo(fingerprints.get(1));
    assertThat(fingerprints.get(2)).isNotEqualTo(fingerprints.get(0));
  }

  @Test
  void images_are_prepared_only_if_the_models_files_say_how() throws IOException {
    byte[] record = record(new int[] {1}, 5, 6, 7);
    record[1 + 8 * 32 + 8] = (byte) 200;
    Path file = Files.write(directory.resolve("test_batch.bin"), record);
    var size = new ImageSize(16, 16);
    var crop =
        new Preparation(
            List.of(Preparation.torchvisionCrop(size)), false, false, "config.json", true);
    var spec = new InputSpec(OptionalInt.of(10), 3, 16, 16, Normalization.CIFAR);

    ImageDataset data = ImageDatasets.open(file.toUri(), spec.with(crop, ClassNames.NONE));

    assertThat(data.batch(new int[] {0}).pixels()).hasSize(3 * 16 * 16);
    assertThat(data.batch(new int[] {0}).pixels()[0])
        .isCloseTo((200 / 255f - 0.4914f) / 0.2470f, within(1e-5f));
    assertThat(data.fingerprint()).isNotEqualTo(ImageDatasets.open(file.toUri()).fingerprint());
    assertThatThrownBy(() -> ImageDatasets.open(file.toUri(), spec))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("3 x 16 x 16");
  }

  private URI uri(String query) {
    return URI.create(directory.toUri() + query);
  }

  private static byte[] record(int[] labels, int red, int green, int blue) {
    var record = new byte[labels.length + 3 * PLANE];
    for (int i = 0; i < labels.length; i++) {
      record[i] = (byte) labels[i];
    }
    int[] colours = {red, green, blue};
    for (int i = 0; i < 3 * PLANE; i++) {
      record[labels.length + i] = (byte) colours[i / PLANE];
    }
    return record;
  }
}
