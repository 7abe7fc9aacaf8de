package io.espalier.worker.algorithm.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.domain.job.Interval;
import java.io.IOException;
import java.io.InputStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** Expected intervals are SciPy's ({@code golden/intervals/make.py}). */
class BootstrapTest {
  private static final JsonNode EXPECTED = expected();

  @Test
  void an_interval_of_a_share_is_scipys() {
    MeasureSamples hits = MeasureSamples.mean(numbers("/hits/before"));

    assertNear(new Bootstrap(1).of(hits), "/hitsBefore");
  }

  @Test
  void a_change_is_compared_on_the_same_samples_as_scipy_does_it_paired() {
    MeasureSamples before = MeasureSamples.mean(numbers("/hits/before"));
    MeasureSamples after = MeasureSamples.mean(numbers("/hits/after"));

    assertNear(new Bootstrap(1).change(before, after), "/hitsChange");
  }

  @Test
  void intervals_of_mean_losses_are_scipys() {
    MeasureSamples before = MeasureSamples.mean(numbers("/losses/before"));
    MeasureSamples after = MeasureSamples.mean(numbers("/losses/after"));

    assertNear(new Bootstrap(2).of(before), "/lossesBefore");
    assertNear(new Bootstrap(2).change(before, after), "/lossesChange");
  }

  @Test
  void a_mean_over_parts_of_which_samples_have_unequally_many_is_scipys() {
    var samples = MeasureSamples.ratio(numbers("/ratio/sums"), numbers("/ratio/parts"));

    assertNear(new Bootstrap(3).of(samples), "/ratioInterval");
  }

  @Test
  void the_same_seed_gives_the_same_interval_and_another_one_nearly() {
    MeasureSamples losses = MeasureSamples.mean(numbers("/losses/before"));

    assertThat(new Bootstrap(7).of(losses)).isEqualTo(new Bootstrap(7).of(losses));
    assertThat(new Bootstrap(8).of(losses)).isNotEqualTo(new Bootstrap(7).of(losses));
  }

  @Test
  void a_function_of_a_measure_has_the_function_of_its_ends() {
    MeasureSamples losses = MeasureSamples.mean(numbers("/losses/before"));

    Interval ends = new Bootstrap(1).of(losses);
    Interval moved = new Bootstrap(1).of(losses.then(value -> 2 * value + 1));

    assertThat(moved.low()).isCloseTo(2 * ends.low() + 1, within(1e-12));
    assertThat(moved.high()).isCloseTo(2 * ends.high() + 1, within(1e-12));
  }

  @Test
  void draws_that_do_not_have_the_measure_do_not_count() {
    var onlyWithTheFirst = new MeasureSamples(2, times -> times[0] == 0 ? Double.NaN : 5);

    assertThat(new Bootstrap(1).of(onlyWithTheFirst)).isEqualTo(new Interval(5, 5));
  }

  @Test
  void models_that_saw_other_samples_are_not_compared() {
    MeasureSamples one = MeasureSamples.mean(new double[] {1, 0});
    MeasureSamples other = MeasureSamples.mean(new double[] {1, 0, 1});

    assertThatThrownBy(() -> new Bootstrap(1).change(one, other))
        .hasMessageContaining("2 samples before and 3 after");
  }

  @Test
  void what_is_known_of_a_share_alone_is_wilsons_interval_as_scipy_has_it() {
    for (JsonNode each : EXPECTED.get("wilson")) {
      long samples = each.get("samples").longValue();

      Interval interval =
          WilsonInterval.interval(each.get("hits").doubleValue() / samples, samples);

      assertThat(interval.low()).isCloseTo(each.at("/interval/0").doubleValue(), within(1e-12));
      assertThat(interval.high()).isCloseTo(each.at("/interval/1").doubleValue(), within(1e-12));
    }
  }

  /** Draws differ, so ends may, by a tenth of the width, four standard errors of 1,000 draws. */
  private static void assertNear(Interval found, String at) {
    double low = EXPECTED.at(at + "/0").doubleValue();
    double high = EXPECTED.at(at + "/1").doubleValue();
    assertThat(found.low()).isCloseTo(low, within((high - low) / 10));
    assertThat(found.high()).isCloseTo(high, within((high - low) / 10));
  }

  private static double[] numbers(String at) {
    return StreamSupport.stream(EXPECTED.at(at).spliterator(), false)
        .mapToDouble(JsonNode::doubleValue)
        .toArray();
  }

  private static JsonNode expected() {
    try (InputStream file =
        BootstrapTest.class.getResourceAsStream("/golden/intervals/expected.json")) {
      return new ObjectMapper().readTree(file);
    } catch (IOException e) {
      throw new IllegalStateException("no golden intervals", e);
    }
  }
}
