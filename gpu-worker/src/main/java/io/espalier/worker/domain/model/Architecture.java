package io.espalier.worker.domain.model;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * A model without its numbers: its tensors with named axes, its layers, which axes may not be cut
 * and why, and which of its modules can be dropped.
 *
 * <p>Widths are those of the checkpoint at hand, so a model that has been pruned before is
 * described like any other.
 *
 * @param family family that it belongs to, such as {@code resnet}
 * @param name architecture within the family as its config.json says, such as {@code resnet50}
 * @param tensors every tensor of the checkpoint, in the order of the forward pass
 * @param axes every axis, in the order of the forward pass
 * @param layers every convolution and linear layer, in the order of the forward pass
 * @param attentions every attention, in the order of the forward pass
 * @param frozen for an axis that may not be cut, by its name, the reason in words
 * @param stacks modules that can be dropped; the axis of a stack is among the axes only if a tensor
 *     runs along it
 */
public record Architecture(
    String family,
    String name,
    List<TensorSpec> tensors,
    List<Axis> axes,
    List<Layer> layers,
    List<Attention> attentions,
    Map<String, String> frozen,
    List<Stack> stacks) {

  /** An architecture without modules that can be dropped. */
  public Architecture(
      String family,
      String name,
      List<TensorSpec> tensors,
      List<Axis> axes,
      List<Layer> layers,
      List<Attention> attentions,
      Map<String, String> frozen) {
    this(family, name, tensors, axes, layers, attentions, frozen, List.of());
  }

  /** An architecture without attention. */
  public Architecture(
      String family,
      String name,
      List<TensorSpec> tensors,
      List<Axis> axes,
      List<Layer> layers,
      Map<String, String> frozen) {
    this(family, name, tensors, axes, layers, List.of(), frozen);
  }

  /** An architecture; all collections are copied. */
  public Architecture {
    tensors = List.copyOf(tensors);
    axes = List.copyOf(axes);
    layers = List.copyOf(layers);
    attentions = List.copyOf(attentions);
    frozen = Map.copyOf(frozen);
    stacks = List.copyOf(stacks);
    requireSame(axes, stacks);
  }

  private static void requireSame(List<Axis> axes, List<Stack> stacks) {
    var listed = new HashMap<String, Axis>();
    axes.forEach(axis -> listed.put(axis.name(), axis));
    for (Stack stack : stacks) {
      Axis counted = stack.axis();
      int units = listed.getOrDefault(counted.name(), counted).units();
      if (units != counted.units()) {
        throw new IllegalArgumentException(
            "axis '%s' has %d units, but counts %d modules"
                .formatted(counted.name(), units, counted.units()));
      }
    }
  }

  /** The same architecture with modules that can be dropped. */
  public Architecture withStacks(Stack... declared) {
    return new Architecture(
        family, name, tensors, axes, layers, attentions, frozen, List.of(declared));
  }

  /** Every axis that a choice of units may name, by name: those of tensors, those of stacks. */
  public Map<String, Axis> choices() {
    var choices = new LinkedHashMap<String, Axis>();
    axes.forEach(axis -> choices.put(axis.name(), axis));
    stacks.forEach(stack -> choices.put(stack.axis().name(), stack.axis()));
    return choices;
  }

  /** The axes that may be cut, in the order of the forward pass. */
  public List<Axis> prunableAxes() {
    return axes.stream().filter(axis -> !frozen.containsKey(axis.name())).toList();
  }

  /** The layers that read an axis. */
  public List<Layer> consumers(Axis axis) {
    return layers.stream().filter(layer -> layer.in().isAlong(axis)).toList();
  }

  /** The layers that read each axis, by its name. */
  public Map<String, List<Layer>> consumers() {
    var consumers = new HashMap<String, List<Layer>>();
    for (Layer layer : layers) {
      layer.in().parts().stream()
          .map(part -> part.axis().name())
          .distinct()
          .forEach(axis -> consumers.computeIfAbsent(axis, any -> new ArrayList<>()).add(layer));
    }
    return consumers;
  }

  /** The layers that write an axis. */
  public List<Layer> producers(Axis axis) {
    return layers.stream().filter(layer -> layer.out().isAlong(axis)).toList();
  }

  /**
   * The layers whose outputs are normalised as they come: those behind whose own tensors a
   * normalisation of what they write follows.
   */
  public List<Layer> normalised() {
    return layers.stream().filter(this::isNormalised).toList();
  }

  private boolean isNormalised(Layer layer) {
    return tensors.stream()
        .dropWhile(tensor -> !tensor.name().equals(layer.weight()))
        .filter(tensor -> !tensor.name().startsWith(layer.module() + "."))
        .limit(1)
        .filter(next -> next.role() == TensorSpec.Role.NORM_PARAMETER)
        .map(next -> next.dimensions().get(0))
        .anyMatch(side -> layer.out().parts().stream().allMatch(p -> side.isAlong(p.axis())));
  }

  /** The shape of every tensor by name, in the order of {@link #tensors()}. */
  public Map<String, long[]> shapes() {
    var shapes = new LinkedHashMap<String, long[]>();
    tensors.forEach(tensor -> shapes.put(tensor.name(), tensor.shape()));
    return shapes;
  }

  /**
   * The same architecture after a cut: every tensor and layer along a cut axis is narrower, modules
   * that do not stay are gone, and those behind them have moved up in name.
   *
   * @param kept by the names of this architecture; what it says of units in modules that go does
   *     not matter
   * @throws IllegalArgumentException if the cut names an axis or a unit that does not exist
   */
  public Architecture keep(Kept kept) {
    requireKnown(kept);
    Renumbering names = Renumbering.of(stacks, kept);
    var cut = new Redrawing(axis -> names.renamed(axis, kept.width(axis)), names);
    return cut.of(this, cut.listed(axes), cut.frozen(frozen));
  }

  /**
   * Returns what the tensors that stay are called after a cut, by the names they have now; in the
   * order of the forward pass. A tensor that belongs to a dropped module is not in it.
   */
  public Map<String, String> names(Kept kept) {
    Renumbering renumbering = Renumbering.of(stacks, kept);
    var names = new LinkedHashMap<String, String>();
    for (TensorSpec tensor : tensors) {
      renumbering.of(tensor.name()).ifPresent(after -> names.put(tensor.name(), after));
    }
    return names;
  }

  /**
   * The same architecture with axes drawn together, so that they have one width: each group becomes
   * one axis in the place of its first member.
   *
   * @param groups name of the group by name of the axis; others stay
   * @throws IllegalArgumentException if the members of a group are not equally wide
   */
  public Architecture tie(Map<String, String> groups) {
    var tied = new LinkedHashMap<String, Axis>();
    for (Axis axis : axes) {
      String name = groups.getOrDefault(axis.name(), axis.name());
      Axis first = tied.putIfAbsent(name, member(axis, groups));
      if (first != null && first.units() != axis.units()) {
        throw new IllegalArgumentException(
            "axis '%s' of group '%s' has %d units, but another of the group has %d"
                .formatted(axis.name(), name, axis.units(), first.units()));
      }
    }
    var reasons = new LinkedHashMap<String, String>();
    frozen.forEach((axis, reason) -> reasons.put(groups.getOrDefault(axis, axis), reason));
    UnaryOperator<Axis> map = axis -> member(axis, groups);
    return new Redrawing(map, Renumbering.none()).of(this, List.copyOf(tied.values()), reasons);
  }

  /** The axis of a group, which lies in no module; any other axis as it is. */
  private static Axis member(Axis axis, Map<String, String> groups) {
    String group = groups.get(axis.name());
    return group == null ? axis : new Axis(group, axis.units(), axis.kind(), "");
  }

  /**
   * Parts of the architecture, each with some of its tensors and what concerns these: axes that
   * they run along, layers that read them, attentions and stacks that they belong to; all in their
   * order.
   *
   * @param names of the tensors of each part; a tensor may be in several
   * @throws IllegalArgumentException if there is no tensor of one of the names
   */
  public List<Architecture> parts(List<? extends Collection<String>> names) {
    var index = new PartIndex(this);
    return names.stream().map(index::part).toList();
  }

  /** The same architecture with more axes that may not be cut, and why. */
  public Architecture freeze(Map<String, String> reasons) {
    var all = new LinkedHashMap<>(frozen);
    all.putAll(reasons);
    return new Architecture(family, name, tensors, axes, layers, attentions, all, stacks);
  }

  /**
   * Makes sure that a choice names axes and units that exist.
   *
   * @throws IllegalArgumentException if it does not
   */
  public void requireKnown(Kept kept) {
    Map<String, Axis> known = choices();
    kept.units()
        .forEach(
            (axis, units) -> {
              if (!known.containsKey(axis)) {
                throw new IllegalArgumentException(
                    "%s has no axis '%s'; it has %s".formatted(name, axis, known.keySet()));
              }
              int last = units[units.length - 1];
              if (units[0] < 0 || last >= known.get(axis).units()) {
                throw new IllegalArgumentException(
                    "axis '%s' of %s has units 0 to %d, but %d to %d are to be kept"
                        .formatted(axis, name, known.get(axis).units() - 1, units[0], last));
              }
            });
  }
}
