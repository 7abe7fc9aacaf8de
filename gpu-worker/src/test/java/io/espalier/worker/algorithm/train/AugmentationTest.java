package io.espalier.worker.algorithm.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.data.Batch;
import io.espalier.worker.data.ImageDataset;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class AugmentationTest {
  /** Two planes of 2 x 3: 1 2 3 over 4 5 6, and ten times that. */
  private static final float[] IMAGE = {1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60};

  @Test
  void nothing_changes_without_shift_and_mirror() {
    Batch out = Augmentation.NONE.apply(batch(), new Images(), new SplittableRandom(1));

    assertThat(out.pixels()).containsExactly(IMAGE);
    assertThat(out.labels()).containsExactly(7);
  }

  @Test
  void a_mirror_swaps_left_and_right_of_every_plane() {
    Set<List<Float>> seen = outcomes(new Augmentation(0, true));

    assertThat(seen)
        .containsExactlyInAnyOrder(
            List.of(1f, 2f, 3f, 4f, 5f, 6f, 10f, 20f, 30f, 40f, 50f, 60f),
            List.of(3f, 2f, 1f, 6f, 5f, 4f, 30f, 20f, 10f, 60f, 50f, 40f));
  }

  @Test
  void a_shift_by_one_pixel_gives_one_of_nine_crops_of_the_padded_image() {
    // Padded with zeros:  0 0 0 0 0 / 0 1 2 3 0 / 0 4 5 6 0 / 0 0 0 0 0; crops of 2 x 3 of it.
    Set<List<Float>> wanted =
        Set.of(
            List.of(0f, 0f, 0f, 0f, 1f, 2f),
            List.of(0f, 0f, 0f, 1f, 2f, 3f),
            List.of(0f, 0f, 0f, 2f, 3f, 0f),
            List.of(0f, 1f, 2f, 0f, 4f, 5f),
            List.of(1f, 2f, 3f, 4f, 5f, 6f),
            List.of(2f, 3f, 0f, 5f, 6f, 0f),
            List.of(0f, 4f, 5f, 0f, 0f, 0f),
            List.of(4f, 5f, 6f, 0f, 0f, 0f),
            List.of(5f, 6f, 0f, 0f, 0f, 0f));

    Set<List<Float>> seen = outcomes(new Augmentation(1, false));

    assertThat(seen).allSatisfy(image -> assertThat(tenth(image)).isEqualTo(image.subList(0, 6)));
    assertThat(seen.stream().map(image -> image.subList(0, 6)))
        .containsExactlyInAnyOrderElementsOf(wanted);
  }

  @Test
  void the_batch_that_came_in_stays_as_it_was() {
    Batch batch = batch();

    Augmentation.CIFAR.apply(batch, new Images(), new SplittableRandom(3));

    assertThat(batch.pixels()).containsExactly(IMAGE);
  }

  @Test
  void a_negative_shift_is_refused() {
    assertThatThrownBy(() -> new Augmentation(-1, true)).hasMessageContaining("-1");
  }

  private static Set<List<Float>> outcomes(Augmentation augmentation) {
    var random = new SplittableRandom(5);
    var seen = new HashSet<List<Float>>();
    for (int i = 0; i < 300; i++) {
      float[] pixels = augmentation.apply(batch(), new Images(), random).pixels();
      seen.add(Stream.iterate(0, p -> p + 1).limit(pixels.length).map(p -> pixels[p]).toList());
    }
    return seen;
  }

  private static List<Float> tenth(List<Float> image) {
    return image.subList(6, 12).stream().map(value -> value / 10).toList();
  }

  private static Batch batch() {
    return new Batch(IMAGE.clone(), new long[] {7});
  }

  /** Images of 2 planes, 2 rows and 3 columns. */
  private static final class Images implements ImageDataset {
    @Override
    public int size() {
      return 1;
    }

    @Override
    public int classes() {
      return 10;
    }

    @Override
    public int channels() {
      return 2;
    }

    @Override
    public int height() {
      return 2;
    }

    @Override
    public int width() {
      return 3;
    }

    @Override
    public Batch batch(int[] indices) {
      return AugmentationTest.batch();
    }

    @Override
    public String fingerprint() {
      return "";
    }
  }
}
