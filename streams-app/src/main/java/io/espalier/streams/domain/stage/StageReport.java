package io.espalier.streams.domain.stage;

import java.util.List;
import java.util.Map;

/**
 * What a finished stage says of its work.
 *
 * @param algorithm fastnas, gradnas, minitron, ...
 * @param algorithmVersion version of the algorithm
 * @param change what was changed, for reading
 * @param metrics measurements before and after this stage
 * @param loadsIn loaders that open the output
 * @param cost what the stage used
 */
public record StageReport(
    String algorithm,
    String algorithmVersion,
    Map<String, String> change,
    List<Metric> metrics,
    List<String> loadsIn,
    StageCost cost) {
  public StageReport {
    change = Map.copyOf(change);
    metrics = List.copyOf(metrics);
    loadsIn = List.copyOf(loadsIn);
  }
}
