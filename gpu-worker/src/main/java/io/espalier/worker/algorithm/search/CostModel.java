package io.espalier.worker.algorithm.search;

import io.espalier.worker.algorithm.search.CostTerm.Side;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Attention;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.domain.model.TensorSpec;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Exact cost of a model of an architecture at given widths.
 *
 * <p>FLOPs of a layer are {@code 2 × out × in × area × positions}, a depthwise layer having one
 * input; those of attention are its two products. Parameters are the elements of the tensors that
 * count as such. Both leave out BatchNorm and pooling. ModelOpt 0.40 counts the same, but for the
 * global mean in front of the classifier, which torchprofile adds (128 FLOPs on a CIFAR ResNet-20).
 *
 * <p>Every module of the architecture counts, however narrow the axis is that counts the modules of
 * its stack: what a version without some of them costs, says the model of what is kept.
 */
public final class CostModel {
  private static final int FLOAT32_BITS = 32;

  private final Architecture architecture;
  private final Map<String, Integer> index = new HashMap<>();
  private final Map<Quantity, List<CostTerm>> terms;
  private final Map<Quantity, Long> fixed;

  private CostModel(
      Architecture architecture, Map<Quantity, List<CostTerm>> terms, Map<Quantity, Long> fixed) {
    this.architecture = architecture;
    this.terms = new EnumMap<>(terms);
    this.fixed = new EnumMap<>(fixed);
    List<Axis> axes = architecture.axes();
    IntStream.range(0, axes.size()).forEach(i -> index.put(axes.get(i).name(), i));
  }

  /** The costs of an architecture if every tensor has 32 bits per element and files no header. */
  public static CostModel of(Architecture architecture) {
    return of(architecture, tensor -> FLOAT32_BITS, 0);
  }

  /**
   * The costs of a checkpoint of an architecture.
   *
   * @param bits bits per element of a tensor, by its name
   * @param fixedBytes bytes of its files that are not elements of tensors
   */
  public static CostModel of(
      Architecture architecture, ToIntFunction<String> bits, long fixedBytes) {
    var model =
        new CostModel(architecture, Map.of(Quantity.FLOPS, List.of()), Map.of(Quantity.FLOPS, 0L));
    model.fixed.put(Quantity.BYTES, fixedBytes);
    model.terms.put(Quantity.FLOPS, model.operations());
    model.terms.put(Quantity.PARAMETERS, model.parameters());
    model.terms.put(
        Quantity.BYTES,
        architecture.tensors().stream().map(tensor -> model.bytes(tensor, bits)).toList());
    return model;
  }

  /**
   * The same costs with latency.
   *
   * @throws IllegalArgumentException if the latency is that of other layers
   */
  public CostModel withLatency(LatencyModel latency) {
    Set<String> known =
        architecture.layers().stream().map(Layer::weight).collect(Collectors.toSet());
    for (String layer : latency.layers().keySet()) {
      if (!known.contains(layer)) {
        throw new IllegalArgumentException(
            "latency of '%s', which is no layer of %s".formatted(layer, architecture.name()));
      }
    }
    var timed = new ArrayList<CostTerm>();
    for (Layer layer : architecture.layers()) {
      LatencyTable table = latency.layers().get(layer.weight());
      if (table != null) {
        timed.add(new CostTerm(sides(layer), new CostTerm.Nanos(table.scaled(latency.scale()))));
      }
    }
    var model = new CostModel(architecture, terms, fixed);
    model.terms.put(Quantity.LATENCY, List.copyOf(timed));
    model.fixed.put(Quantity.LATENCY, latency.fixedNanos());
    return model;
  }

  /**
   * The same costs with memory: all tensors, and what is kept of tokens.
   *
   * @param cached what is kept of each token, such as the keys of a layer
   * @param bytes that all tokens take for one index of it
   */
  public CostModel withMemory(List<Dimension> cached, long bytes) {
    var model = new CostModel(architecture, terms, fixed);
    var held = new ArrayList<>(terms(Quantity.BYTES));
    for (Dimension dimension : cached) {
      held.add(new CostTerm(List.of(side(dimension)), new CostTerm.Product(bytes)));
    }
    model.terms.put(Quantity.MEMORY, List.copyOf(held));
    return model;
  }

  /** The cost at given widths. */
  public Cost cost(Widths widths) {
    return cost(architecture.axes().stream().mapToInt(widths::of).toArray());
  }

  /** The cost with one width per axis, in the order of the architecture's axes. */
  Cost cost(int[] widths) {
    return new Cost(
        value(Quantity.FLOPS, widths),
        value(Quantity.PARAMETERS, widths),
        value(Quantity.BYTES, widths),
        value(Quantity.LATENCY, widths),
        value(Quantity.MEMORY, widths));
  }

  /** The summands of a quantity that depend on widths; axes are positions among all. */
  List<CostTerm> terms(Quantity quantity) {
    return terms.getOrDefault(quantity, List.of());
  }

  /** Returns what of a quantity no width changes. */
  long fixed(Quantity quantity) {
    return fixed.getOrDefault(quantity, 0L);
  }

  /** The position of an axis in the widths that {@link #cost(int[])} takes. */
  int indexOf(Axis axis) {
    return indexOf(axis.name());
  }

  /** One width per axis, everything whole. */
  int[] whole() {
    return architecture.axes().stream().mapToInt(Axis::units).toArray();
  }

  private long value(Quantity quantity, int[] widths) {
    long value = fixed(quantity);
    for (CostTerm term : terms(quantity)) {
      value = Math.addExact(value, term.at(widths));
    }
    return value;
  }

  private List<CostTerm> operations() {
    return Stream.concat(
            architecture.layers().stream().map(this::operations),
            architecture.attentions().stream().map(this::operations))
        .toList();
  }

  private CostTerm operations(Layer layer) {
    long factor = 2L * layer.window().area() * layer.window().positions();
    return new CostTerm(sides(layer), new CostTerm.Product(factor));
  }

  private CostTerm operations(Attention attention) {
    long factor = 4L * attention.tokens() * attention.tokens();
    return new CostTerm(List.of(side(attention.heads())), new CostTerm.Product(factor));
  }

  private List<CostTerm> parameters() {
    return architecture.tensors().stream()
        .filter(tensor -> tensor.role() == TensorSpec.Role.PARAMETER)
        .map(tensor -> new CostTerm(sides(tensor), new CostTerm.Product(1)))
        .toList();
  }

  private CostTerm bytes(TensorSpec tensor, ToIntFunction<String> bitsOf) {
    int bits = bitsOf.applyAsInt(tensor.name());
    CostTerm.Form form =
        bits % Byte.SIZE == 0
            ? new CostTerm.Product(bits / Byte.SIZE)
            : new CostTerm.PackedBytes(bits);
    return new CostTerm(sides(tensor), form);
  }

  private List<Side> sides(Layer layer) {
    return List.of(side(layer.out()), side(layer.in()));
  }

  private List<Side> sides(TensorSpec tensor) {
    return tensor.dimensions().stream().map(this::side).toList();
  }

  private Side side(Dimension dimension) {
    List<Dimension.Along> parts = dimension.parts();
    return new Side(
        parts.stream()
            .map(part -> new CostTerm.Part(indexOf(part.axis().name()), part.indicesPerUnit()))
            .toList(),
        parts.isEmpty() ? dimension.size() : 0);
  }

  private int indexOf(String axis) {
    Integer found = index.get(axis);
    if (found == null) {
      throw new IllegalArgumentException(
          "axis '%s' is not one of the %d of the architecture".formatted(axis, index.size()));
    }
    return found;
  }
}
