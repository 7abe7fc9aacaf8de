package io.espalier.worker.algorithm.family;

import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.domain.model.TensorSpec.Role;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An architecture whose widths are not known yet: tensors and layers in the order of the forward
 * pass, with axes by name.
 *
 * <p>Widths come from the checkpoint. Every tensor that lies along an axis says how wide it is, and
 * what most of them say counts; at a tie the first in the order of the forward pass. A single
 * tensor of a wrong shape is therefore outvoted, and stands out when the checkpoint is compared
 * with the table, instead of making all the others look wrong.
 */
final class ArchitectureSketch {
  private static final String BATCHES = "num_batches_tracked";

  /** A side of a tensor: along a named axis, or of a fixed size if the name is null. */
  private record Side(@Nullable String axis, int size) {}

  private record Tensor(String name, List<Side> sides, Role role) {}

  private record Op(
      String weight, String out, String in, int kernelArea, long positions, boolean bias) {}

  private final List<Tensor> tensors = new ArrayList<>();
  private final List<Op> ops = new ArrayList<>();
  private final Map<String, Integer> promised = new LinkedHashMap<>();
  private final Map<String, Integer> pinned = new HashMap<>();
  private final Map<String, String> frozen = new HashMap<>();

  /** Declares an axis; the promised width counts only if no tensor of the checkpoint has it. */
  String axis(String name, int promisedUnits) {
    promised.putIfAbsent(name, promisedUnits);
    return name;
  }

  /** Fixes the width of an axis whatever the tensors say. */
  void pin(String axis, int units) {
    pinned.put(axis, units);
  }

  /** Says why an axis may not be cut. */
  void freeze(String axis, String reason) {
    frozen.put(axis, reason);
  }

  /** A square convolution without bias, of shape (out, in, kernel, kernel). */
  void convolution(String module, String out, String in, int kernel, long positions) {
    String weight = module + ".weight";
    tensors.add(
        new Tensor(
            weight,
            List.of(along(out), along(in), new Side(null, kernel), new Side(null, kernel)),
            Role.PARAMETER));
    ops.add(new Op(weight, out, in, kernel * kernel, positions, false));
  }

  /** A linear layer with bias, of shape (out, in), evaluated once per sample. */
  void linear(String module, String out, String in) {
    String weight = module + ".weight";
    tensors.add(new Tensor(weight, List.of(along(out), along(in)), Role.PARAMETER));
    tensors.add(new Tensor(module + ".bias", List.of(along(out)), Role.PARAMETER));
    ops.add(new Op(weight, out, in, 1, 1, true));
  }

  /** A BatchNorm: scale, shift, running statistics, and the number of batches behind them. */
  void batchNorm(String module, String axis) {
    for (String parameter : List.of("weight", "bias")) {
      tensors.add(new Tensor(module + "." + parameter, List.of(along(axis)), Role.NORM_PARAMETER));
    }
    for (String statistic : List.of("running_mean", "running_var")) {
      tensors.add(new Tensor(module + "." + statistic, List.of(along(axis)), Role.BUFFER));
    }
    tensors.add(new Tensor(module + "." + BATCHES, List.of(), Role.BUFFER));
  }

  /**
   * The architecture with the widths of a checkpoint.
   *
   * @param shapes shape of every tensor in the checkpoint by name; what is missing in it keeps its
   *     promised width. A checkpoint without any {@code num_batches_tracked} (torch before 0.4.1)
   *     is taken as one that does not count batches.
   */
  Architecture settle(String family, String name, Map<String, long[]> shapes) {
    boolean counted =
        shapes.isEmpty() || shapes.keySet().stream().anyMatch(tensor -> tensor.endsWith(BATCHES));
    var axes = new LinkedHashMap<String, Axis>();
    var votes = votes(shapes);
    promised.forEach((axis, units) -> axes.put(axis, new Axis(axis, width(axis, units, votes))));
    return new Architecture(
        family,
        name,
        tensors.stream()
            .filter(tensor -> counted || !tensor.name().endsWith(BATCHES))
            .map(tensor -> spec(tensor, axes))
            .toList(),
        List.copyOf(axes.values()),
        ops.stream().map(op -> layer(op, axes)).toList(),
        frozen);
  }

  private int width(String axis, int promisedUnits, Map<String, Map<Integer, Integer>> votes) {
    Integer pin = pinned.get(axis);
    if (pin != null) {
      return pin;
    }
    // max of a stream keeps the last of equals, so the comparison is turned round with min
    return votes.getOrDefault(axis, Map.of()).entrySet().stream()
        .min(Comparator.comparing(vote -> -vote.getValue()))
        .map(Map.Entry::getKey)
        .orElse(promisedUnits);
  }

  private Map<String, Map<Integer, Integer>> votes(Map<String, long[]> shapes) {
    var votes = new HashMap<String, Map<Integer, Integer>>();
    for (Tensor tensor : tensors) {
      long[] shape = shapes.get(tensor.name());
      if (shape == null || shape.length != tensor.sides().size()) {
        continue;
      }
      for (int i = 0; i < shape.length; i++) {
        String axis = tensor.sides().get(i).axis();
        if (axis != null && shape[i] > 0 && shape[i] <= Integer.MAX_VALUE) {
          votes
              .computeIfAbsent(axis, any -> new LinkedHashMap<>())
              .merge((int) shape[i], 1, Integer::sum);
        }
      }
    }
    return votes;
  }

  private Side along(String axis) {
    if (!promised.containsKey(axis)) {
      throw new IllegalArgumentException("axis '%s' was not declared".formatted(axis));
    }
    return new Side(axis, 0);
  }

  private static TensorSpec spec(Tensor tensor, Map<String, Axis> axes) {
    var dimensions =
        tensor.sides().stream()
            .map(
                side ->
                    side.axis() == null
                        ? Dimension.fixed(side.size())
                        : dimension(side.axis(), axes))
            .toList();
    return new TensorSpec(tensor.name(), dimensions, tensor.role());
  }

  private static Layer layer(Op op, Map<String, Axis> axes) {
    return new Layer(
        op.weight(),
        dimension(op.out(), axes),
        dimension(op.in(), axes),
        op.kernelArea(),
        op.positions(),
        1,
        op.bias());
  }

  private static Dimension dimension(String axis, Map<String, Axis> axes) {
    Axis found = axes.get(axis);
    if (found == null) {
      throw new IllegalStateException("axis '%s' was not declared".formatted(axis));
    }
    return Dimension.along(found);
  }
}
