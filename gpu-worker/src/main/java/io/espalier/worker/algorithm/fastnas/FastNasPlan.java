package io.espalier.worker.algorithm.fastnas;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.algorithm.prune.FileCosts;
import io.espalier.worker.algorithm.search.ChoiceRule;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.LatencyModel;
import io.espalier.worker.algorithm.search.LayerRules;
import io.espalier.worker.algorithm.search.SearchSpace;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.model.VisionModel;
import io.espalier.worker.model.family.VisionFamily;

/**
 * Plan of a pruning before any tensor is loaded.
 *
 * @param model the model at hand
 * @param family its family
 * @param architecture its tensors, axes and layers
 * @param input the images that it takes
 * @param space the models to choose from
 * @param costs what they cost once they are written
 */
public record FastNasPlan(
    ModelDirectory model,
    VisionFamily family,
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
  public static FastNasPlan of(ModelDirectory model, int channelDivisor) {
    return of(model, model.config(), channelDivisor, LayerRules.NONE);
  }

  /**
   * Looks at a model.
   *
   * @param rules what holds for single layers
   * @throws io.espalier.worker.domain.InvalidInputException also if a rule matches no layer
   */
  public static FastNasPlan of(ModelDirectory model, int channelDivisor, LayerRules rules) {
    return of(model, model.config(), channelDivisor, rules);
  }

  /** Looks at a model as if its config.json were another one. */
  static FastNasPlan of(
      ModelDirectory model, JsonNode config, int channelDivisor, LayerRules rules) {
    VisionModel known = VisionModel.of(model, config);
    Architecture architecture = known.architecture();
    return new FastNasPlan(
        model,
        known.family(),
        architecture,
        known.input(),
        SearchSpace.of(architecture, ChoiceRule.everyTwentieth(channelDivisor), rules),
        FileCosts.of(architecture, model));
  }

  /**
   * Makes sure that there is something to prune, and that constraints can be met as far as is known
   * before anything is measured: all but that of latency.
   *
   * @throws io.espalier.worker.domain.InvalidInputException if every axis has one width only; says
   *     why
   * @throws io.espalier.worker.domain.InfeasibleException if no model of the space is within the
   *     constraints
   */
  public void require(Constraints constraints) {
    space.requireChoice();
    constraints.budget(whole()).requireReachable(space, costs);
  }

  /** Returns what the model at hand costs; bytes are those of its files as they are. */
  public Cost whole() {
    return FileCosts.whole(costs, model);
  }

  /** Returns what the model at hand costs, without latency. */
  public static Cost whole(Architecture architecture, ModelDirectory model) {
    return FileCosts.whole(FileCosts.of(architecture, model), model);
  }

  /** The same plan with costs that know latency. */
  FastNasPlan withLatency(LatencyModel latency) {
    return new FastNasPlan(model, family, architecture, input, space, costs.withLatency(latency));
  }
}
