package io.espalier.worker.domain.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model without its numbers: its tensors with named axes, its layers, and which axes may not be
 * cut and why.
 *
 * <p>Widths are those of the checkpoint at hand, so a model that has been pruned before is
 * described like any other.
 *
 * @param family family that it belongs to, such as {@code resnet}
 * @param name architecture within the family as its config.json says, such as {@code resnet50}
 * @param tensors every tensor of the checkpoint, in the order of the forward pass
 * @param axes every axis, in the order of the forward pass
 * @param layers every convolution and linear layer, in the order of the forward pass
 * @param frozen for an axis that may not be cut, by its name, the reason in words
 */
public record Architecture(
    String family,
    String name,
    List<TensorSpec> tensors,
    List<Axis> axes,
    List<Layer> layers,
    Map<String, String> frozen) {

  /** An architecture; all collections are copied. */
  public Architecture {
    tensors = List.copyOf(tensors);
    axes = List.copyOf(axes);
    layers = List.copyOf(layers);
    frozen = Map.copyOf(frozen);
  }

  /** The axes that may be cut, in the order of the forward pass. */
  public List<Axis> prunableAxes() {
    return axes.stream().filter(axis -> !frozen.containsKey(axis.name())).toList();
  }

  /** The layers that read an axis. */
  public List<Layer> consumers(Axis axis) {
    return layers.stream().filter(layer -> layer.in().isAlong(axis)).toList();
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
   * The same architecture after a cut: every tensor and layer along a cut axis is narrower.
   *
   * @throws IllegalArgumentException if the cut names an axis or a unit that does not exist
   */
  public Architecture keep(Kept kept) {
    requireKnown(kept);
    return new Architecture(
        family,
        name,
        tensors.stream().map(tensor -> keep(tensor, kept)).toList(),
        axes.stream().map(axis -> keep(axis, kept)).toList(),
        layers.stream().map(layer -> keep(layer, kept)).toList(),
        frozen);
  }

  private void requireKnown(Kept kept) {
    var known = new LinkedHashMap<String, Axis>();
    axes.forEach(axis -> known.put(axis.name(), axis));
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

  private static TensorSpec keep(TensorSpec tensor, Kept kept) {
    var dimensions = tensor.dimensions().stream().map(dimension -> keep(dimension, kept)).toList();
    return new TensorSpec(tensor.name(), dimensions, tensor.role());
  }

  private static Layer keep(Layer layer, Kept kept) {
    return new Layer(
        layer.weight(),
        keep(layer.out(), kept),
        keep(layer.in(), kept),
        layer.window(),
        layer.depthwise(),
        layer.bias());
  }

  private static Dimension keep(Dimension dimension, Kept kept) {
    if (dimension instanceof Dimension.Joined joined) {
      return new Dimension.Joined(joined.parts().stream().map(part -> keep(part, kept)).toList());
    }
    return dimension instanceof Dimension.Along along ? keep(along, kept) : dimension;
  }

  private static Dimension.Along keep(Dimension.Along along, Kept kept) {
    return new Dimension.Along(keep(along.axis(), kept), along.indicesPerUnit());
  }

  private static Axis keep(Axis axis, Kept kept) {
    return new Axis(axis.name(), kept.width(axis));
  }
}
