package io.espalier.worker.algorithm.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.domain.InvalidInputException;
import java.util.EnumSet;
import java.util.Map;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConstraintsTest {
  private static final Cost ORIGINAL = new Cost(81_102_080, 268_346, 1_000_001);

  @ParameterizedTest
  @CsvSource({
    "flops, 60%, 48661248",
    "flops, 60e6, 60000000",
    "parameters, 33.3 %, 89359",
    "bytes, 50%, 500000",
    "bytes, 0.5%, 5000",
    "flops, 100%, 81102080",
    "flops, 1e17, 100000000000000000",
  })
  void a_bound_is_a_number_or_a_percentage_of_the_original(String key, String text, long limit) {
    Budget budget = Constraints.parse(Map.of(key, text)).budget(ORIGINAL);

    assertThat(budget.bounds()).hasSize(1);
    assertThat(budget.bounds().get(0).quantity().key()).isEqualTo(key);
    assertThat(budget.bounds().get(0).limit()).isEqualTo(limit);
  }

  @Test
  void a_bound_is_inclusive_and_all_bounds_count() {
    Budget budget =
        Constraints.parse(Map.of("flops", "1000", "parameters", "10%")).budget(ORIGINAL);

    assertThat(budget.holds(new Cost(1000, 26_834, 0))).isTrue();
    assertThat(budget.holds(new Cost(1001, 26_834, 0))).isFalse();
    assertThat(budget.holds(new Cost(1000, 26_835, 0))).isFalse();
  }

  @Test
  void every_problem_is_reported_at_once() {
    Map<String, String> asked =
        Map.of("flops", "-60%", "parameters", "101%", "bytes", "many", "params", "5", "speed", "1");

    InvalidInputException error =
        Assertions.catchThrowableOfType(
            InvalidInputException.class, () -> Constraints.parse(asked));

    assertThat(error.problems())
        .hasSize(5)
        .anyMatch(problem -> problem.contains("'-60%'") && problem.contains("over 0"))
        .anyMatch(problem -> problem.contains("'101%'") && problem.contains("100 %"))
        .anyMatch(problem -> problem.contains("'many'"))
        .anyMatch(problem -> problem.contains("params") && problem.contains("did you mean"))
        .anyMatch(
            problem -> problem.contains("speed") && problem.contains("flops, parameters, bytes"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "0%", "-1", "NaN", "Infinity", "", "%", "60 percent", "1e999999"})
  void nonsense_is_refused(String text) {
    assertThatThrownBy(() -> Constraints.parse(Map.of("flops", text)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("constraints.flops: '" + text + "'");
  }

  @ParameterizedTest
  @CsvSource({
    "5, 5000000, 5 ms",
    "5ms, 5000000, 5 ms",
    "0.25 ms, 250000, 0.25 ms",
    "800us, 800000, 0.8 ms",
    "800 µs, 800000, 0.8 ms",
    "1.5s, 1500000000, 1500 ms",
    "70%, 1400000, 70%",
  })
  void latency_is_a_time_or_a_percentage(String text, long nanos, String asked) {
    Budget budget =
        Constraints.parse(Map.of("latency", text)).budget(new Cost(1, 1, 1, 2_000_000, 0));

    assertThat(budget.bounds()).containsExactly(new Budget.Bound(Quantity.LATENCY, asked, nanos));
  }

  @Test
  void a_latency_that_is_not_known_is_left_out() {
    var constraints = Constraints.parse(Map.of("latency", "70%", "flops", "60e6"));

    assertThat(constraints.budget(ORIGINAL).bounds())
        .extracting(Budget.Bound::quantity)
        .containsExactly(Quantity.FLOPS);
    assertThat(constraints.limits()).containsKey(Quantity.LATENCY);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ms", "5 min", "fast", "5 m s", ""})
  void a_latency_that_is_no_time_is_refused(String text) {
    assertThatThrownBy(() -> Constraints.parse(Map.of("latency", text)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("5 (milliseconds), 5ms or 800us");
  }

  @Test
  void memory_is_bounded_only_where_it_is_said_for_how_many_tokens() {
    assertThatThrownBy(() -> Constraints.parse(Map.of("memory", "70%")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(
            "constraints.memory: unknown, known are flops, parameters, bytes, latency");

    Budget budget =
        Constraints.parse(Map.of("memory", "70%"), EnumSet.of(Quantity.MEMORY))
            .budget(new Cost(1, 1, 1, 0, 1000));

    assertThat(budget.bounds()).containsExactly(new Budget.Bound(Quantity.MEMORY, "70%", 700));
  }

  @ParameterizedTest
  @CsvSource({"5e6, 80000000, 5000000 per token", "60%, 48661248, 60% per token"})
  void operations_per_token_are_those_of_a_sequence_in_equal_parts(
      String text, long flops, String asked) {
    var constraints = Constraints.ofText(Map.of("flopsPerToken", text));

    Budget budget = constraints.ofSequences(16).budget(ORIGINAL);

    assertThat(constraints.perToken()).isTrue();
    assertThat(budget.bounds()).containsExactly(new Budget.Bound(Quantity.FLOPS, asked, flops));
  }

  @Test
  void operations_per_token_need_tokens_and_are_said_once() {
    assertThatThrownBy(() -> Constraints.parse(Map.of("flopsPerToken", "5e6")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("constraints.flopsPerToken: unknown");
    assertThatThrownBy(() -> Constraints.ofText(Map.of("flopsPerToken", "5e6", "flops", "60%")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("give one of them");
    assertThatThrownBy(() -> Constraints.ofText(Map.of("flopsPerToken", "0")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("constraints.flopsPerToken: '0' must be over 0");
    assertThatThrownBy(() -> Constraints.ofText(Map.of("flopsPerToken", "5e6")).budget(ORIGINAL))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void no_constraint_is_refused() {
    assertThatThrownBy(() -> Constraints.parse(Map.of()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("at least one");
  }
}
