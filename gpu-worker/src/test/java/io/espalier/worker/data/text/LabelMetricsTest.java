package io.espalier.worker.data.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.domain.InvalidInputException;
import org.junit.jupiter.api.Test;

/** F1 of several labels a text, and errors of numbers, against scikit-learn and SciPy. */
final class LabelMetricsTest {
  private static final JsonNode EXPECTED = Fixtures.expected("/golden/label-metrics");

  @Test
  void f1_of_several_labels_is_that_of_scikit_learn() {
    for (JsonNode one : EXPECTED.path("several")) {
      var counts = new LabelSetCounts(one.path("targets").path(0).size());

      for (int text = 0; text < one.path("targets").size(); text++) {
        counts.add(floats(one.path("targets").path(text)), floats(one.path("scores").path(text)));
      }

      assertThat(counts.microF1()).isCloseTo(one.path("micro").asDouble(), within(1e-12));
      assertThat(counts.macroF1()).isCloseTo(one.path("macro").asDouble(), within(1e-12));
    }
  }

  @Test
  void errors_and_correlations_are_those_of_scikit_learn_and_scipy() {
    for (JsonNode one : EXPECTED.path("values")) {
      var counts = new ValueCounts(one.path("targets").path(0).size());

      for (int text = 0; text < one.path("targets").size(); text++) {
        counts.add(floats(one.path("targets").path(text)), floats(one.path("said").path(text)));
      }

      double error = one.path("error").asDouble();
      assertThat(counts.meanSquaredError()).isCloseTo(error, within(1e-12 * error));
      assertThat(counts.pearson()).isCloseTo(one.path("pearson").asDouble(), within(1e-9));
    }
  }

  @Test
  void who_always_says_the_same_goes_along_with_nothing() {
    var counts = new ValueCounts(1);

    counts.add(new float[] {1, 2, 3}, new float[] {5, 5, 5});

    assertThat(counts.pearson()).isZero();
  }

  @Test
  void what_is_no_number_and_what_nothing_can_correlate_with_is_refused() {
    var values = new ValueCounts(1);
    var sets = new LabelSetCounts(2);
    values.add(new float[] {2, 2}, new float[] {1, 3});

    assertThatThrownBy(values::pearson)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("all 2 texts are labelled 2.0");
    assertThatThrownBy(() -> values.add(new float[] {1}, new float[] {Float.NaN}))
        .isInstanceOf(InvalidInputException.class);
    assertThatThrownBy(() -> sets.add(new float[] {1, 0}, new float[] {1, Float.NaN}))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("label 1 is not a number");
  }

  private static float[] floats(JsonNode values) {
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values.path(i).asDouble();
    }
    return floats;
  }
}
