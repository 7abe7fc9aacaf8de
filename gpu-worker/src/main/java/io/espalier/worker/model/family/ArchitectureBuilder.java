package io.espalier.worker.model.family;

import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Attention;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.domain.model.TensorSpec.Role;
import io.espalier.worker.domain.model.Window;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * An architecture whose widths are not known yet: tensors and layers in the order of the forward
 * pass, with axes by name.
 *
 * <p>Widths come from the checkpoint. Every tensor that lies along an axis says how wide it is, and
 * what most of them say counts; at a tie the first in the order of the forward pass. A single
 * tensor of a wrong shape is therefore outvoted, and stands out when the checkpoint is compared
 * with the table, instead of making all the others look wrong.
 */
public final class ArchitectureBuilder {
  private static final String BATCHES = "num_batches_tracked";

  private record Tensor(String name, List<DimensionSpec> sides, Role role) {}

  private record Op(
      String weight,
      DimensionSpec out,
      DimensionSpec in,
      Window window,
      boolean depthwise,
      boolean bias) {}

  private record Weighing(String module, DimensionSpec heads, int tokens) {}

  private final List<Tensor> tensors = new ArrayList<>();
  private final List<Op> ops = new ArrayList<>();
  private final List<Weighing> weighings = new ArrayList<>();
  private final Map<String, Axis> promised = new LinkedHashMap<>();
  private final Map<String, Integer> pinned = new HashMap<>();
  private final Map<String, String> frozen = new HashMap<>();

  /**
   * Declares an axis and returns its name; its width counts only if no tensor of the checkpoint has
   * the axis.
   */
  public String axis(Axis axis) {
    promised.putIfAbsent(axis.name(), axis);
    return axis.name();
  }

  /** Declares the channels that a module writes, otherwise as {@link #axis}. */
  public String channels(String module, int promisedUnits) {
    return axis(Axis.of(AxisKind.CHANNELS, module, promisedUnits));
  }

  /** Fixes the width of an axis whatever the tensors say. */
  public void pin(String axis, int units) {
    pinned.put(axis, units);
  }

  /** Says why an axis may not be cut. */
  public void freeze(String axis, String reason) {
    frozen.put(axis, reason);
  }

  /** A square convolution without bias, of shape (out, in, kernel, kernel). */
  public void convolution(String module, String out, String in, Window window) {
    convolution(module, out, List.of(in), window);
  }

  /** A square convolution without bias that reads a concatenation. */
  public void convolution(String module, String out, List<String> in, Window window) {
    convolve(module, along(out), along(in), window, false);
  }

  /** A square convolution with bias, otherwise as {@link #convolution}. */
  public void biasedConvolution(String module, String out, String in, Window window) {
    convolve(module, along(out), along(in), window, false);
    bias(module, out);
  }

  /** A square convolution without bias in which each channel reads itself, of shape (out, 1, …). */
  public void depthwise(String module, String axis, Window window) {
    convolve(module, along(axis), DimensionSpec.fixed(1), window, true);
  }

  /**
   * A linear layer with bias, of shape (out, in), that reads a concatenation; evaluated once per
   * sample.
   */
  public void linear(String module, String out, List<String> in) {
    String weight = module + ".weight";
    tensors.add(new Tensor(weight, List.of(along(out), along(in)), Role.PARAMETER));
    ops.add(new Op(weight, along(out), along(in), Window.ONCE, false, false));
    bias(module, out);
  }

  /** A BatchNorm: scale, shift, running statistics, and the number of batches behind them. */
  public void batchNorm(String module, String axis) {
    batchNorm(module, List.of(axis));
  }

  /** A BatchNorm of a concatenation. */
  public void batchNorm(String module, List<String> axes) {
    for (String parameter : List.of("weight", "bias")) {
      tensors.add(new Tensor(module + "." + parameter, List.of(along(axes)), Role.NORM_PARAMETER));
    }
    for (String statistic : List.of("running_mean", "running_var")) {
      tensors.add(new Tensor(module + "." + statistic, List.of(along(axes)), Role.BUFFER));
    }
    tensors.add(new Tensor(module + "." + BATCHES, List.of(), Role.BUFFER));
  }

  /** A tensor of any shape. */
  public void tensor(String name, Role role, DimensionSpec... sides) {
    tensors.add(new Tensor(name, Stream.of(sides).map(this::declared).toList(), role));
  }

  /** A layer that reads a weight, whosever it is; the weight is not drawn. */
  public void layer(
      String weight, DimensionSpec out, DimensionSpec in, Window window, boolean bias) {
    ops.add(new Op(weight, declared(out), declared(in), window, false, bias));
  }

  /** An attention over so many tokens. */
  public void attention(String module, DimensionSpec heads, int tokens) {
    weighings.add(new Weighing(module, declared(heads), tokens));
  }

  /** Returns whether a tensor has been drawn. */
  public boolean has(String tensor) {
    return tensors.stream().anyMatch(drawn -> drawn.name().equals(tensor));
  }

  /**
   * The architecture with the widths of a checkpoint.
   *
   * @param shapes shape of every tensor in the checkpoint by name; what is missing in it keeps its
   *     promised width. A checkpoint without any {@code num_batches_tracked} (torch before 0.4.1)
   *     is taken as one that does not count batches.
   */
  public Architecture settle(String family, String name, Map<String, long[]> shapes) {
    boolean counted =
        shapes.isEmpty() || shapes.keySet().stream().anyMatch(tensor -> tensor.endsWith(BATCHES));
    var axes = new LinkedHashMap<String, Axis>();
    var votes = votes(shapes);
    promised.values().forEach(axis -> axes.put(axis.name(), settled(axis, votes)));
    return new Architecture(
        family,
        name,
        tensors.stream()
            .filter(tensor -> counted || !tensor.name().endsWith(BATCHES))
            .map(tensor -> spec(tensor, axes))
            .toList(),
        List.copyOf(axes.values()),
        ops.stream().map(op -> layer(op, axes)).toList(),
        weighings.stream().map(weighing -> attention(weighing, axes)).toList(),
        frozen);
  }

  private Axis settled(Axis axis, Map<String, Map<Integer, Integer>> votes) {
    return new Axis(axis.name(), width(axis, votes), axis.kind(), axis.module());
  }

  private int width(Axis axis, Map<String, Map<Integer, Integer>> votes) {
    Integer pin = pinned.get(axis.name());
    if (pin != null) {
      return pin;
    }
    // max of a stream keeps the last of equals, so the comparison is turned round with min
    return votes.getOrDefault(axis.name(), Map.of()).entrySet().stream()
        .min(Comparator.comparing(vote -> -vote.getValue()))
        .map(Map.Entry::getKey)
        .orElse(axis.units());
  }

  private Map<String, Map<Integer, Integer>> votes(Map<String, long[]> shapes) {
    var votes = new HashMap<String, Map<Integer, Integer>>();
    for (Tensor tensor : tensors) {
      long[] shape = shapes.get(tensor.name());
      if (shape == null || shape.length != tensor.sides().size()) {
        continue;
      }
      for (int i = 0; i < shape.length; i++) {
        DimensionSpec side = tensor.sides().get(i);
        side.units(shape[i])
            .ifPresent(
                units ->
                    votes
                        .computeIfAbsent(side.axes().get(0), any -> new LinkedHashMap<>())
                        .merge(units, 1, Integer::sum));
      }
    }
    return votes;
  }

  private void convolve(
      String module, DimensionSpec out, DimensionSpec in, Window window, boolean depthwise) {
    String weight = module + ".weight";
    DimensionSpec kernel = DimensionSpec.fixed(window.kernel());
    tensors.add(new Tensor(weight, List.of(out, in, kernel, kernel), Role.PARAMETER));
    ops.add(new Op(weight, out, in, window, depthwise, false));
  }

  /** Gives the layer that was drawn last a bias. */
  private void bias(String module, String out) {
    tensors.add(new Tensor(module + ".bias", List.of(along(out)), Role.PARAMETER));
    Op last = ops.remove(ops.size() - 1);
    ops.add(new Op(last.weight(), last.out(), last.in(), last.window(), last.depthwise(), true));
  }

  private DimensionSpec along(String axis) {
    return along(List.of(axis));
  }

  private DimensionSpec along(List<String> axes) {
    return declared(DimensionSpec.along(axes));
  }

  private DimensionSpec declared(DimensionSpec side) {
    for (String axis : side.axes()) {
      if (!promised.containsKey(axis)) {
        throw new IllegalArgumentException("axis '%s' was not declared".formatted(axis));
      }
    }
    return side;
  }

  private static TensorSpec spec(Tensor tensor, Map<String, Axis> axes) {
    var dimensions = tensor.sides().stream().map(side -> side.settle(axes)).toList();
    return new TensorSpec(tensor.name(), dimensions, tensor.role());
  }

  private static Layer layer(Op op, Map<String, Axis> axes) {
    return new Layer(
        op.weight(),
        op.out().settle(axes),
        op.in().settle(axes),
        op.window(),
        op.depthwise(),
        op.bias());
  }

  private static Attention attention(Weighing weighing, Map<String, Axis> axes) {
    return new Attention(weighing.module(), weighing.heads().settle(axes), weighing.tokens());
  }
}
