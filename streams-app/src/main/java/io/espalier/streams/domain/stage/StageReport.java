package io.espalier.streams.domain.stage;

import io.espalier.fact.ChangeFacts;
import io.espalier.gate.BudgetForecast;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Report of a finished stage on its work.
 *
 * @param algorithm fastnas, gradnas, minitron, ...
 * @param algorithmVersion version of the algorithm
 * @param change what was changed, for reading
 * @param metrics measurements before and after this stage
 * @param loadsIn loaders that open the output
 * @param cost what the stage used
 * @param forecast the budget that is foretold to pass, if the result misses a gate and one can be
 *     foretold
 * @param facts the same as {@code change}, typed, for programs
 */
public record StageReport(
    String algorithm,
    String algorithmVersion,
    Map<String, String> change,
    List<Metric> metrics,
    List<String> loadsIn,
    StageCost cost,
    Optional<BudgetForecast> forecast,
    ChangeFacts facts) {
  public StageReport {
    change = Map.copyOf(change);
    metrics = List.copyOf(metrics);
    loadsIn = List.copyOf(loadsIn);
  }
}
