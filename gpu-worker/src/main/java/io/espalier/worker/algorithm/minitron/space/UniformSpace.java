package io.espalier.worker.algorithm.minitron.space;

import io.espalier.worker.algorithm.minitron.size.DecoderDimension;
import io.espalier.worker.algorithm.minitron.size.DecoderSizes;
import io.espalier.worker.algorithm.minitron.size.LayerExperts;
import io.espalier.worker.algorithm.minitron.size.NetworkBlueprint;
import io.espalier.worker.algorithm.minitron.size.SizeGrid;
import io.espalier.worker.algorithm.search.SearchSpace;
import io.espalier.worker.algorithm.search.SearchSpace.Choices;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Stack;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Function;

/** Meaning for single axes of sizes all layers share. */
public final class UniformSpace {
  private UniformSpace() {}

  /**
   * The widths that each axis may have, as if others had nothing to do with it.
   *
   * @param choices ascending, of a size; the last is the model's own
   * @param reason why an axis has no other width than its own, where it has none
   */
  static SearchSpace of(
      NetworkBlueprint blueprint,
      Function<DecoderDimension, List<Integer>> choices,
      String reason) {
    var axes = new ArrayList<Choices>();
    axes.add(new Choices(blueprint.hidden(), choices.apply(DecoderDimension.HIDDEN)));
    for (int layer = 0; layer < blueprint.blocks().size(); layer++) {
      Axis heads = blueprint.heads(layer);
      axes.add(new Choices(heads, choices.apply(DecoderDimension.HEADS)));
      if (!blueprint.groups(layer).equals(heads)) {
        axes.add(new Choices(blueprint.groups(layer), choices.apply(DecoderDimension.GROUPS)));
      }
      feedForward(blueprint, layer, choices, axes);
    }
    axes.add(new Choices(layers(blueprint), choices.apply(DecoderDimension.LAYERS)));
    Map<String, String> reasons = new LinkedHashMap<>();
    axes.stream()
        .filter(each -> !each.isConfigurable())
        .forEach(each -> reasons.put(each.axis().name(), reason));
    return new SearchSpace(blueprint.open(), axes, reasons);
  }

  private static void feedForward(
      NetworkBlueprint blueprint,
      int layer,
      Function<DecoderDimension, List<Integer>> choices,
      List<Choices> axes) {
    Optional<LayerExperts> experts = blueprint.experts(layer);
    if (experts.isEmpty()) {
      axes.add(new Choices(blueprint.neurons(layer), choices.apply(DecoderDimension.NEURONS)));
      return;
    }
    axes.add(new Choices(experts.get().counted(), choices.apply(DecoderDimension.EXPERTS)));
    for (Axis neurons : experts.get().neurons()) {
      axes.add(new Choices(neurons, choices.apply(DecoderDimension.EXPERT_NEURONS)));
    }
    experts
        .get()
        .shared()
        .ifPresent(
            axis -> axes.add(new Choices(axis, choices.apply(DecoderDimension.SHARED_NEURONS))));
  }

  /** The choices of a grid. */
  static List<Integer> of(SizeGrid grid, DecoderDimension size) {
    return switch (size) {
      case HIDDEN -> grid.hidden();
      case NEURONS -> grid.neurons();
      case EXPERTS -> grid.experts();
      case EXPERT_NEURONS -> grid.expertNeurons();
      case SHARED_NEURONS -> grid.sharedNeurons();
      case GROUPS -> grid.groups();
      case LAYERS -> grid.layers();
      case HEADS -> {
        var heads = new TreeSet<Integer>();
        grid.groups()
            .forEach(groups -> grid.headsPerGroup().forEach(each -> heads.add(groups * each)));
        yield List.copyOf(heads);
      }
    };
  }

  /** The axis that counts the layers. */
  public static Axis layers(NetworkBlueprint blueprint) {
    return stack(blueprint).axis();
  }

  /** The layers. */
  static Stack stack(NetworkBlueprint blueprint) {
    return blueprint.architecture().stacks().get(0);
  }

  /** The sizes of which a subnet with all layers, none with experts, has these widths. */
  static DecoderSizes sizes(NetworkBlueprint blueprint, Widths widths) {
    return new DecoderSizes(
        widths.of(blueprint.hidden()),
        widths.of(blueprint.neurons(0)),
        widths.of(blueprint.heads(0)),
        widths.of(blueprint.groups(0)),
        blueprint.blocks().size());
  }
}
