package io.espalier.worker.algorithm.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.data.Batch;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MixupTest {
  private static final long SEED = 9;

  @Test
  void pixels_are_mixed_by_the_share_of_each_image() {
    int images = 20;
    int each = 6;
    float[] pixels = new float[images * each];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (float) Math.sin(i * 1.7);
    }
    long[] labels = new long[images];
    Arrays.setAll(labels, i -> i); // a class tells which image it was
    Batch batch = new Batch(pixels.clone(), labels.clone());

    Batch mixed = new Mixup(0.4).apply(batch, new SplittableRandom(SEED));
    Batch again = new Mixup(0.4).apply(batch, new SplittableRandom(SEED));

    assertThat(batch.pixels()).isEqualTo(pixels);
    assertThat(mixed.pixels()).isEqualTo(again.pixels());
    assertThat(mixed.labels()).isEqualTo(labels);
    assertThat(Arrays.stream(mixed.others()).sorted().toArray()).isEqualTo(labels);
    assertThat(mixed.others()).isNotEqualTo(labels);
    for (int i = 0; i < pixels.length; i++) {
      double share = mixed.shares()[i / each];
      double other = pixels[(int) mixed.others()[i / each] * each + i % each];
      assertThat((double) mixed.pixels()[i])
          .isCloseTo(share * pixels[i] + (1 - share) * other, within(1e-6));
    }
  }

  /** Of Beta(α, α) the mean is 1/2, the variance 1 / (4 (2α + 1)). */
  @ParameterizedTest
  @ValueSource(doubles = {0.02, 0.2, 1, 1.5, 8})
  void shares_are_drawn_as_the_distribution_says(double alpha) {
    var random = new SplittableRandom(SEED);
    int draws = 40_000;
    double sum = 0;
    double squares = 0;
    double fourth = 0;
    for (int i = 0; i < draws; i++) {
      double drawn = new Mixup(alpha).draw(random);
      assertThat(drawn).isBetween(0.0, 1.0);
      double off = drawn - 0.5;
      sum += off;
      squares += off * off;
      fourth += off * off * off * off;
    }
    double variance = 1 / (4 * (2 * alpha + 1));
    double kurtosis = 3 - 6 / (2 * alpha + 3);
    assertThat(sum / draws).isCloseTo(0, within(5 * Math.sqrt(variance / draws)));
    assertThat(squares / draws).isCloseTo(variance, within(0.02 * variance));
    assertThat(fourth / draws)
        .isCloseTo(kurtosis * variance * variance, within(0.05 * kurtosis * variance * variance));
  }

  @Test
  void nothing_is_mixed_where_alpha_is_zero() {
    Batch batch = new Batch(new float[] {1, 2}, new long[] {0, 1});

    assertThat(Mixup.NONE.apply(batch, new SplittableRandom(SEED))).isSameAs(batch);
    assertThatThrownBy(() -> new Mixup(-1)).hasMessageContaining("not negative");
  }
}
