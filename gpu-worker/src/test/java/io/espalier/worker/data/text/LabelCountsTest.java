package io.espalier.worker.data.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.domain.InvalidInputException;
import org.junit.jupiter.api.Test;

class LabelCountsTest {
  @Test
  void accuracy_and_f1_are_those_of_scikit_learn() {
    var counts = new LabelCounts(4);

    counts.add(new long[] {0, 0, 1}, new float[] {2, 1, 0, 0, 1, 2, 0, 0, 0, 3, 0, 0});
    counts.add(new long[] {2, 1}, new float[] {0, 5, 1, 0, -4, -3, -9, -8});

    // f1_score([0, 0, 1, 2, 1], [0, 1, 1, 1, 1], average="macro"); label 3 does not occur
    assertThat(counts.texts()).isEqualTo(5);
    assertThat(counts.accuracy()).isEqualTo(3 / 5.0);
    assertThat(counts.macroF1()).isCloseTo((2 / 3.0 + 2 / 3.0 + 0) / 3, within(1e-15));
  }

  @Test
  void of_equal_scores_the_first_label_is_given() {
    var counts = new LabelCounts(2);

    counts.add(new long[] {0}, new float[] {1, 1});

    assertThat(counts.accuracy()).isEqualTo(1);
  }

  @Test
  void scores_that_are_no_numbers_or_too_few_are_refused() {
    var counts = new LabelCounts(2);

    assertThatThrownBy(() -> counts.add(new long[] {0}, new float[] {1, Float.NaN}))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("label 1");
    assertThatThrownBy(() -> counts.add(new long[] {0}, new float[] {1}))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
