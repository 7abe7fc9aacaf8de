package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.algorithm.search.ChoiceRule;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.SearchSpace.Choices;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.TensorSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a model directory holds, and what of it could be cut.
 *
 * @param family family that it belongs to
 * @param architecture its architecture within the family
 * @param tensors number of tensors
 * @param cost parameters (without normalisations), FLOPs of one image, bytes of the files
 * @param axes every axis, in the order of the forward pass
 */
public record Inspection(
    String family, String architecture, int tensors, Cost cost, List<AxisView> axes) {

  /**
   * One axis.
   *
   * @param name its name
   * @param units its width
   * @param choices widths that it may be cut to, its own included; only its own if it is frozen
   * @param frozen why it may not be cut, if so
   * @param tensors names of the tensors along it
   */
  public record AxisView(
      String name,
      int units,
      List<Integer> choices,
      Optional<String> frozen,
      List<String> tensors) {
    /** An axis; the lists are copied. */
    public AxisView {
      choices = List.copyOf(choices);
      tensors = List.copyOf(tensors);
    }
  }

  /** An inspection; the list is copied. */
  public Inspection {
    axes = List.copyOf(axes);
  }

  /** Inspects a model, with ModelOpt's usual channel divisor of 32. */
  public static Inspection of(ModelDirectory model) {
    return of(model, ChoiceRule.DEFAULT_DIVISOR);
  }

  /**
   * Inspects a model.
   *
   * @throws io.espalier.worker.domain.InvalidInputException if it is not known or not sound
   */
  public static Inspection of(ModelDirectory model, int channelDivisor) {
    Plan plan = Plan.of(model, channelDivisor);
    Architecture architecture = plan.architecture();
    var choices = new HashMap<String, List<Integer>>();
    for (Choices axis : plan.space().axes()) {
      choices.put(axis.axis().name(), axis.widths());
    }
    Map<String, List<String>> tensors = tensorsByAxis(architecture);
    return new Inspection(
        architecture.family(),
        architecture.name(),
        architecture.tensors().size(),
        plan.costs().cost(Widths.all()),
        architecture.axes().stream()
            .map(
                axis ->
                    new AxisView(
                        axis.name(),
                        axis.units(),
                        choices.getOrDefault(axis.name(), List.of(axis.units())),
                        plan.space().reason(axis),
                        tensors.getOrDefault(axis.name(), List.of())))
            .toList());
  }

  private static Map<String, List<String>> tensorsByAxis(Architecture architecture) {
    var byAxis = new LinkedHashMap<String, List<String>>();
    for (TensorSpec tensor : architecture.tensors()) {
      tensor.dimensions().stream()
          .flatMap(dimension -> dimension.parts().stream())
          .map(part -> part.axis().name())
          .distinct()
          .forEach(
              axis -> byAxis.computeIfAbsent(axis, any -> new ArrayList<>()).add(tensor.name()));
    }
    return byAxis;
  }
}
