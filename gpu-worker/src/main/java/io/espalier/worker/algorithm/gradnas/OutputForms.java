package io.espalier.worker.algorithm.gradnas;

import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.SearchSpace;
import io.espalier.worker.algorithm.search.SearchSpace.Choices;
import io.espalier.worker.domain.InfeasibleException;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.model.MaskableModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The forms in which a result may be left behind where nobody said which. Those come first that
 * stock loaders open: they build all layers alike, so widths of single layers are the last resort,
 * though a search that may choose them loses less.
 *
 * <p>Padding narrower layers with zeros to the width of the widest would be such a form too, but
 * its result costs what the widest layer costs, so equal widths keep more at the same cost.
 *
 * @param plans one for each form that has a model within the constraints, best first; the last is
 *     that of single layers, whether it has one or not
 * @param passedOver why forms before the first plan were not taken, in sentences
 */
public record OutputForms(List<GradNasPlan> plans, List<String> passedOver) {
  private static final List<OutputMode> STOCK =
      List.of(OutputMode.UNIFORM, OutputMode.PRUNED_HEADS);

  /** Forms; the lists are copied. */
  public OutputForms {
    plans = List.copyOf(plans);
    passedOver = List.copyOf(passedOver);
  }

  /** The one form that was asked for. */
  public static OutputForms only(GradNasPlan plan) {
    return new OutputForms(List.of(plan), List.of());
  }

  /**
   * The forms of a model.
   *
   * @param constraints of which those that are known before anything is measured have to hold
   * @throws InvalidInputException if the model has experts, or a rule matches no layer
   */
  public static OutputForms of(
      MaskableModel model, WidthRules rules, Optional<Constraints> constraints) {
    GradNasPlan free = GradNasPlan.of(model, OutputMode.PER_LAYER, rules);
    var plans = new ArrayList<GradNasPlan>();
    var passedOver = new ArrayList<String>();
    for (OutputMode form : STOCK) {
      try {
        GradNasPlan plan = GradNasPlan.of(model, form, rules);
        requireAlike(plan, free.space());
        constraints.ifPresentOrElse(plan::require, plan.space()::requireChoice);
        plans.add(plan);
      } catch (InvalidInputException | InfeasibleException e) {
        if (plans.isEmpty()) {
          passedOver.add(sentence(form, e));
        }
      }
    }
    plans.add(free);
    return new OutputForms(plans, passedOver);
  }

  /** That of the result, as far as is known. */
  public GradNasPlan first() {
    return plans.get(0);
  }

  /** The same without the first form, which turned out to have no model within the constraints. */
  public OutputForms next(InfeasibleException why) {
    var more = new ArrayList<>(passedOver);
    more.add(sentence(plans.get(0).output(), why));
    return new OutputForms(plans.subList(1, plans.size()), more);
  }

  /** A rule for a single layer would be one for all layers that go with it. */
  private static void requireAlike(GradNasPlan plan, SearchSpace free) {
    Map<String, List<Integer>> widths = new LinkedHashMap<>();
    for (Choices choices : free.axes()) {
      widths.put(choices.axis().name(), choices.widths());
    }
    for (Choices group : plan.space().axes()) {
      List<String> members = plan.layout().members().getOrDefault(group.axis().name(), List.of());
      if (members.stream().map(widths::get).distinct().count() > 1) {
        throw new InvalidInputException(
            "rules for layers give some of them other %s to choose from than others"
                .formatted(group.axis().name()));
      }
    }
  }

  private static String sentence(OutputMode form, RuntimeException why) {
    String first = String.valueOf(why.getMessage()).lines().findFirst().orElse("no reason");
    return "output %s is not possible: %s".formatted(form.key(), first);
  }
}
