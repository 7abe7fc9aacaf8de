package io.espalier.worker.algorithm.gradnas;

import io.espalier.worker.algorithm.prune.FileCosts;
import io.espalier.worker.algorithm.search.ChoiceRule;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Profile;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.algorithm.search.SearchSpace;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.model.MaskableModel;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Plan of a pruning before any tensor is loaded.
 *
 * @param model the model at hand
 * @param output in which form the result is left behind
 * @param layout which layers go together
 * @param space the models to choose from
 * @param costs what they cost once they are written
 */
public record GradNasPlan(
    MaskableModel model, OutputMode output, Layout layout, SearchSpace space, CostModel costs) {

  /**
   * Looks at a model.
   *
   * @param output in which form the result is to be left behind
   * @param rules which widths there are to choose from
   * @throws InvalidInputException if the model has experts, the form is none of the family's,
   *     layers cannot go together, or a rule matches no layer
   */
  public static GradNasPlan of(MaskableModel model, OutputMode output, WidthRules rules) {
    if (model.network().hasExperts()) {
      throw new InvalidInputException(
          "%s has experts, which GradNAS does not score; prune it by Minitron"
              .formatted(model.architecture().name()));
    }
    if (output == OutputMode.PRUNED_HEADS && !model.network().widthKeys().prunedHeads()) {
      throw new InvalidInputException(
          "output %s: transformers 4 removes no heads from models of family %s; ask for another of per-layer, uniform, zero-padded"
              .formatted(output.key(), model.family().name()));
    }
    Layout layout = Layout.of(model, output, rules.uniform());
    Architecture searched = layout.searched();
    return new GradNasPlan(
        model,
        output,
        layout,
        SearchSpace.of(searched, ChoiceRule.everyTwentieth(rules.neuronDivisor()), rules.layers()),
        FileCosts.of(searched, model.directory()));
  }

  /**
   * Makes sure that there is something to prune, and that constraints can be met as far as is known
   * before anything is measured: all but that of latency.
   *
   * @throws InvalidInputException if every axis has one width only, or latency is bounded though
   *     the form of the result saves none; says why
   * @throws io.espalier.worker.domain.InfeasibleException if no model of the space is within the
   *     constraints
   */
  public void require(Constraints constraints) {
    space.requireChoice();
    if (output == OutputMode.ZERO_PADDED && constraints.limits().containsKey(Quantity.LATENCY)) {
      throw new InvalidInputException(
          "output %s: what would go is still there, so no result is faster; leave out constraints.latency, or ask for another output"
              .formatted(output.key()));
    }
    budgeted(constraints).budget(whole()).requireReachable(space, costs);
  }

  /** Constraints in which those of a token are those of the sequences that costs are told of. */
  Constraints budgeted(Constraints constraints) {
    OptionalInt tokens = model.sequenceLength();
    return tokens.isPresent() ? constraints.ofSequences(tokens.getAsInt()) : constraints;
  }

  /** Returns what the model at hand costs; bytes are those of its files as they are. */
  public Cost whole() {
    return FileCosts.whole(costs, model.directory());
  }

  /**
   * The search space in numbers.
   *
   * @param constraints bounds to give a verdict on
   */
  public Profile profile(Optional<Constraints> constraints) {
    return Profile.of(space, costs, whole(), constraints.map(asked -> asked.budget(whole())));
  }
}
