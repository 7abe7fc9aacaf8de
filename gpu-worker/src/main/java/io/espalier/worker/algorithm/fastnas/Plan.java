package io.espalier.worker.algorithm.fastnas;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.algorithm.family.Family;
import io.espalier.worker.algorithm.family.KnownModel;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.ChoiceRule;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.SearchSpace;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.TensorHeader;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.domain.model.Architecture;
import java.util.Map;

/**
 * What is known of a pruning before any tensor is loaded.
 *
 * @param model the model at hand
 * @param family its family
 * @param architecture its tensors, axes and layers
 * @param input the images that it takes
 * @param space the models to choose from
 * @param costs what they cost
 */
public record Plan(
    ModelDirectory model,
    Family family,
    Architecture architecture,
    InputSpec input,
    SearchSpace space,
    CostModel costs) {

  /**
   * Looks at a model.
   *
   * @param channelDivisor cut widths are multiples of it
   * @throws io.espalier.worker.domain.InvalidInputException if the architecture is not known or the
   *     tensors are not its
   */
  public static Plan of(ModelDirectory model, int channelDivisor) {
    return of(model, model.config(), channelDivisor);
  }

  /** Looks at a model as if its config.json were another one. */
  static Plan of(ModelDirectory model, JsonNode config, int channelDivisor) {
    KnownModel known = KnownModel.of(model, config);
    Architecture architecture = known.architecture();
    return new Plan(
        model,
        known.family(),
        architecture,
        known.input(),
        SearchSpace.of(architecture, ChoiceRule.everyTwentieth(channelDivisor)),
        costs(architecture, model));
  }

  /**
   * The budget that constraints leave.
   *
   * @throws io.espalier.worker.domain.InfeasibleException if no model of the space is within it
   */
  public Budget budget(Constraints constraints) {
    Budget budget = constraints.budget(costs.cost(Widths.all()));
    budget.requireReachable(space, costs);
    return budget;
  }

  /** Costs of versions of a model; bytes are those of its files, heads included. */
  static CostModel costs(Architecture architecture, ModelDirectory model) {
    Map<String, TensorHeader> tensors = model.tensors();
    long data = tensors.values().stream().mapToLong(TensorHeader::bytes).sum();
    return CostModel.of(
        architecture,
        name -> {
          TensorHeader tensor = tensors.get(name);
          if (tensor == null) {
            throw new IllegalArgumentException("no tensor '%s'".formatted(name));
          }
          return tensor.dtype().bits();
        },
        model.bytes() - data);
  }
}
