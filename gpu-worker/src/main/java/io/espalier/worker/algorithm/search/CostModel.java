package io.espalier.worker.algorithm.search;

import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.domain.model.TensorSpec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/**
 * What a model of an architecture costs at given widths, exactly.
 *
 * <p>FLOPs of a layer are {@code 2 × out × in × area × positions}; parameters are {@code out × in ×
 * area} and one bias per output where there is one; a depthwise layer has one input. Both leave out
 * normalisations and pooling. ModelOpt 0.40 counts the same, but for the global mean in front of
 * the classifier, which torchprofile adds (128 FLOPs on a CIFAR ResNet-20).
 */
public final class CostModel {
  private static final int FLOAT32_BITS = 32;

  /** A side of a layer or tensor: indices per unit of axes, and indices of no axis. */
  private record Side(List<Part> parts, int fixed) {
    long at(int[] widths) {
      long size = fixed;
      for (Part part : parts) {
        size += (long) widths[part.axis()] * part.perUnit();
      }
      return size;
    }
  }

  private record Part(int axis, int perUnit) {}

  private record LayerTerm(Side out, Side in, int area, long positions, boolean bias) {}

  private record TensorTerm(List<Side> sides, int bits) {}

  private final Map<String, Integer> index = new HashMap<>();
  private final List<Axis> axes;
  private final List<LayerTerm> layers;
  private final List<TensorTerm> tensors;
  private final long fixedBytes;

  private CostModel(Architecture architecture, ToIntFunction<String> bits, long fixedBytes) {
    this.axes = architecture.axes();
    IntStream.range(0, axes.size()).forEach(i -> index.put(axes.get(i).name(), i));
    this.layers = architecture.layers().stream().map(this::term).toList();
    this.tensors = architecture.tensors().stream().map(tensor -> term(tensor, bits)).toList();
    this.fixedBytes = fixedBytes;
  }

  /** The costs of an architecture if every tensor has 32 bits per element and files no header. */
  public static CostModel of(Architecture architecture) {
    return new CostModel(architecture, tensor -> FLOAT32_BITS, 0);
  }

  /**
   * The costs of a checkpoint of an architecture.
   *
   * @param bits bits per element of a tensor, by its name
   * @param fixedBytes bytes of its files that are not elements of tensors
   */
  public static CostModel of(
      Architecture architecture, ToIntFunction<String> bits, long fixedBytes) {
    return new CostModel(architecture, bits, fixedBytes);
  }

  /** The cost at given widths. */
  public Cost cost(Widths widths) {
    return cost(axes.stream().mapToInt(widths::of).toArray());
  }

  /** The cost with one width per axis, in the order of the architecture's axes. */
  Cost cost(int[] widths) {
    long macs = 0;
    long parameters = 0;
    for (LayerTerm layer : layers) {
      long out = layer.out().at(widths);
      long weights = out * layer.in().at(widths) * layer.area();
      macs = Math.addExact(macs, Math.multiplyExact(weights, layer.positions()));
      parameters += weights + (layer.bias() ? out : 0);
    }
    return new Cost(Math.multiplyExact(2, macs), parameters, fixedBytes + bytes(widths));
  }

  /** The position of an axis in the widths that {@link #cost(int[])} takes. */
  int indexOf(Axis axis) {
    return indexOf(axis.name());
  }

  /** One width per axis, everything whole. */
  int[] whole() {
    return axes.stream().mapToInt(Axis::units).toArray();
  }

  private long bytes(int[] widths) {
    long bytes = 0;
    for (TensorTerm tensor : tensors) {
      long elements = 1;
      for (Side side : tensor.sides()) {
        elements *= side.at(widths);
      }
      bytes += (elements * tensor.bits() + Byte.SIZE - 1) / Byte.SIZE;
    }
    return bytes;
  }

  private LayerTerm term(Layer layer) {
    return new LayerTerm(
        side(layer.out()),
        side(layer.in()),
        layer.window().area(),
        layer.window().positions(),
        layer.bias());
  }

  private TensorTerm term(TensorSpec tensor, ToIntFunction<String> bits) {
    return new TensorTerm(
        tensor.dimensions().stream().map(this::side).toList(), bits.applyAsInt(tensor.name()));
  }

  private Side side(Dimension dimension) {
    List<Dimension.Along> parts = dimension.parts();
    return new Side(
        parts.stream()
            .map(part -> new Part(indexOf(part.axis().name()), part.indicesPerUnit()))
            .toList(),
        parts.isEmpty() ? dimension.size() : 0);
  }

  private int indexOf(String axis) {
    Integer found = index.get(axis);
    if (found == null) {
      throw new IllegalArgumentException(
          "axis '%s' is not one of the %d of the architecture".formatted(axis, axes.size()));
    }
    return found;
  }
}
