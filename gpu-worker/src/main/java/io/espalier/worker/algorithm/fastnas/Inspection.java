package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.algorithm.search.ChoiceRule;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.LayerRules;
import io.espalier.worker.algorithm.search.SearchSpace;
import io.espalier.worker.algorithm.search.SearchSpace.Choices;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.model.KnownModel;
import io.espalier.worker.model.TextModel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * Content of a model directory, and what of it could be cut.
 *
 * @param family family that it belongs to
 * @param architecture its architecture within the family
 * @param cost parameters, FLOPs of one image or of the longest sequence, bytes of the files
 * @param notCounted what is not among the parameters, in words, if anything is not
 * @param warnings what versions of loaders take for different things, in sentences
 * @param layers every convolution and linear layer, in the order of the forward pass
 * @param axes every axis, in the order of the forward pass
 */
public record Inspection(
    String family,
    String architecture,
    Cost cost,
    Optional<String> notCounted,
    List<String> warnings,
    List<LayerView> layers,
    List<AxisView> axes) {

  /**
   * One layer.
   *
   * @param name name of its module
   * @param weight name of its weight
   * @param shape shape of its weight
   * @param axis the axis that it writes; empty if its outputs are not the units of one axis
   */
  public record LayerView(String name, String weight, List<Long> shape, Optional<AxisView> axis) {
    /** A layer; the list is copied. */
    public LayerView {
      shape = List.copyOf(shape);
    }

    /** Returns why its width may not be cut, if so. */
    public Optional<String> reason() {
      return axis.isEmpty()
          ? Optional.of("its outputs are not the units of one axis")
          : axis.orElseThrow().reason();
    }
  }

  /**
   * One axis.
   *
   * @param name its name
   * @param units its width
   * @param choices widths that it may be cut to, ascending, its own included; only its own if it
   *     may not be cut
   * @param reason why it may not be cut, if so
   * @param tensors names of the tensors along it
   */
  public record AxisView(
      String name,
      int units,
      List<Integer> choices,
      Optional<String> reason,
      List<String> tensors) {
    /** An axis; the lists are copied. */
    public AxisView {
      choices = List.copyOf(choices);
      tensors = List.copyOf(tensors);
    }
  }

  /** An inspection; the lists are copied. */
  public Inspection {
    warnings = List.copyOf(warnings);
    layers = List.copyOf(layers);
    axes = List.copyOf(axes);
  }

  /**
   * Inspects a model.
   *
   * @param channelDivisor cut widths are multiples of it
   * @param rules what holds for single layers
   * @throws io.espalier.worker.domain.InvalidInputException if it is not known or not sound, or a
   *     rule matches no layer
   */
  public static Inspection of(ModelDirectory model, int channelDivisor, LayerRules rules) {
    KnownModel known = KnownModel.of(model);
    Architecture architecture = known.architecture();
    var space = SearchSpace.of(architecture, ChoiceRule.everyTwentieth(channelDivisor), rules);
    Map<String, AxisView> axes = axes(space);
    Map<String, long[]> shapes = architecture.shapes();
    return new Inspection(
        architecture.family(),
        architecture.name(),
        FastNasPlan.whole(architecture, model),
        known instanceof TextModel ? known.carried() : Optional.of("normalisations"),
        known instanceof TextModel text ? text.network().warnings() : List.of(),
        architecture.layers().stream()
            .map(
                layer ->
                    new LayerView(
                        layer.module(),
                        layer.weight(),
                        LongStream.of(shapes.getOrDefault(layer.weight(), new long[0]))
                            .boxed()
                            .toList(),
                        layer.written().map(out -> axes.get(out.axis().name()))))
            .toList(),
        List.copyOf(axes.values()));
  }

  private static Map<String, AxisView> axes(SearchSpace space) {
    var choices = new HashMap<String, List<Integer>>();
    for (Choices axis : space.axes()) {
      choices.put(axis.axis().name(), axis.widths());
    }
    Map<String, List<String>> tensors = tensorsByAxis(space.architecture());
    var axes = new LinkedHashMap<String, AxisView>();
    for (Axis axis : space.architecture().axes()) {
      axes.put(
          axis.name(),
          new AxisView(
              axis.name(),
              axis.units(),
              choices.getOrDefault(axis.name(), List.of(axis.units())),
              space.reason(axis),
              tensors.getOrDefault(axis.name(), List.of())));
    }
    return axes;
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
