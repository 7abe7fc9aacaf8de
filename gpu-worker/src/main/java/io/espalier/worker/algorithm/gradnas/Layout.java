package io.espalier.worker.algorithm.gradnas;

import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.model.MaskableModel;
import io.espalier.worker.model.family.MaskableNetwork.Block;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Widths that a search chooses: one for each layer, or one for all layers together.
 *
 * @param searched the architecture that the search sees, with tied axes where layers go together
 * @param members for each axis of the search, the axes of the model that it stands for
 */
record Layout(Architecture searched, Map<String, List<String>> members) {
  private static final String HEADS = "heads";
  private static final String NEURONS = "neurons";

  /**
   * The layout of a model.
   *
   * @param uniform whether all layers are to have the same widths
   * @throws InvalidInputException if layers that are to be equally wide are not so now
   */
  static Layout of(MaskableModel model, OutputMode output, boolean uniform) {
    var groups = new LinkedHashMap<String, String>();
    List<Block> blocks = Block.of(model.architecture());
    if (uniform || output.equalNeurons()) {
      group(model, NEURONS, Block::neurons, groups);
    }
    if (uniform || !output.headsMayGo()) {
      group(model, HEADS, Block::heads, groups);
    }
    Architecture searched = model.architecture().tie(groups);
    if (!output.headsMayGo()) {
      searched = searched.freeze(Map.of(HEADS, OutputMode.WHY_HEADS_STAY));
    }
    var members = new LinkedHashMap<String, List<String>>();
    for (Block block : blocks) {
      for (String axis : List.of(block.heads(), block.neurons())) {
        members
            .computeIfAbsent(groups.getOrDefault(axis, axis), any -> new ArrayList<>())
            .add(axis);
      }
    }
    return new Layout(searched, members);
  }

  private static void group(
      MaskableModel model, String name, Function<Block, String> kind, Map<String, String> groups) {
    Map<String, Integer> units = new LinkedHashMap<>();
    for (Axis axis : model.architecture().axes()) {
      units.put(axis.name(), axis.units());
    }
    List<String> axes = Block.of(model.architecture()).stream().map(kind).toList();
    List<Integer> widths = axes.stream().map(units::get).toList();
    if (widths.stream().distinct().count() > 1) {
      throw new InvalidInputException(
          "%s: equal widths were asked for, but its layers have %s %s now; ask for output per-layer without uniform"
              .formatted(model.directory().path(), widths, name));
    }
    axes.forEach(axis -> groups.put(axis, name));
  }

  /** The widths of the model's own axes. */
  Widths spread(Widths chosen) {
    var widths = new LinkedHashMap<String, Integer>();
    chosen
        .units()
        .forEach(
            (axis, units) ->
                members
                    .getOrDefault(axis, List.of(axis))
                    .forEach(member -> widths.put(member, units)));
    return new Widths(widths);
  }
}
