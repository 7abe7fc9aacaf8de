package io.espalier.standalone.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.standalone.model.BudgetSweep.Budget;
import io.espalier.worker.domain.InvalidInputException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BudgetSweepTest {
  private static final PolicyOptions OPTIONS =
      new PolicyOptions("fastnas", Map.of(), List.of(), Map.of(), Map.of());

  @Test
  void every_combination_is_a_budget_named_by_what_differs() {
    Map<String, List<String>> bounds = new LinkedHashMap<>();
    bounds.put("flops", List.of("50%", "62.5%"));
    bounds.put("bytes", List.of("80%"));
    bounds.put("latency", List.of("5ms", "7ms"));

    List<Budget> budgets = BudgetSweep.budgets(OPTIONS, bounds, "resnet");

    assertThat(budgets)
        .extracting(Budget::name)
        .containsExactly(
            "flops-50pct_latency-5ms",
            "flops-50pct_latency-7ms",
            "flops-62.5pct_latency-5ms",
            "flops-62.5pct_latency-7ms");
    assertThat(budgets.get(2).policy().policy().getStages().get(0).getSpec())
        .contains("\"flops\":\"62.5%\"", "\"bytes\":\"80%\"", "\"latency\":\"5ms\"");
  }

  @Test
  void names_are_safe_for_files() {
    assertThat(BudgetNames.of(Map.of("flops", "60 %/../x"))).isEqualTo("flops-60-pct-..-x");
    assertThat(BudgetNames.of(Map.of())).isEqualTo("sizes");
  }

  @Test
  void more_budgets_than_anybody_can_look_at_are_refused() {
    List<String> many = IntStream.rangeClosed(1, 101).mapToObj(String::valueOf).toList();

    assertThatThrownBy(() -> BudgetSweep.budgets(OPTIONS, Map.of("flops", many), "resnet"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("at most 100 budgets");
  }
}
