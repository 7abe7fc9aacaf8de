package io.espalier.worker.stage;

import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.model.KnownModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** What a model costs, for a stage that does not change it. */
public final class ModelCosts {
  private ModelCosts() {}

  /**
   * The costs of a model as metrics.
   *
   * @param alsoBefore whether the model that went in costs the same, and is told of
   */
  public static List<Metric> of(KnownModel model, boolean alsoBefore) {
    Cost cost = CostModel.of(model.architecture()).cost(Widths.all());
    List<Metric> costs = new ArrayList<>();
    costs.add(cost("parameters", "count", cost.parameters(), alsoBefore));
    costs.add(cost("flops", "count", cost.flops(), alsoBefore));
    model
        .tokensOneByOne()
        .ifPresent(
            tokens ->
                costs.add(
                    cost(
                        Constraints.FLOPS_PER_TOKEN,
                        "count",
                        (double) cost.flops() / tokens,
                        alsoBefore)));
    costs.add(cost("bytes", "bytes", model.directory().bytes(), alsoBefore));
    return costs;
  }

  private static Metric cost(String name, String unit, double value, boolean alsoBefore) {
    return new Metric(
        name,
        unit,
        alsoBefore ? OptionalDouble.of(value) : OptionalDouble.empty(),
        OptionalDouble.of(value),
        false,
        Optional.empty(),
        OptionalLong.empty());
  }
}
