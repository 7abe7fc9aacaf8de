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
    return layers.stream().filter(layer -> isAlong(layer.in(), axis)).toList();
  }

  /** The shape of every tensor by name, in the order of {@link #tensors()}. */
  public Map<String, long[]> shapes() {
    var shapes = new LinkedHashMap<String, long[]>();
    tensors.forEach(tensor -> shapes.put(tensor.name(), tensor.shape()));
    return shapes;
  }

  private static boolean isAlong(Dimension dimension, Axis axis) {
    return dimension instanceof Dimension.Along along && along.axis().equals(axis);
  }
}
