package io.espalier.worker.algorithm.quantize;

import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Layer;
import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Check that groups divide what a layer reads. */
final class GroupCheck {
  /** Groups that policies may ask for. */
  private static final List<Integer> GROUPS = List.of(128, 64, 32);

  /** Keys by which a pruning keeps widths divisible. */
  private static final Map<AxisKind, String> DIVISORS =
      Map.of(
          AxisKind.HIDDEN, "hiddenDivisor",
          AxisKind.NEURONS, "neuronDivisor",
          AxisKind.HEADS, "headDivisor");

  private GroupCheck() {}

  /** Returns what is wrong, in a sentence with what would help; empty if nothing is. */
  static Optional<String> of(WeightScheme scheme, Layer layer) {
    int inputs = layer.in().size();
    int group = scheme.group();
    if (group == 0 || inputs % group == 0) {
      return Optional.empty();
    }
    List<Integer> others = GROUPS.stream().filter(size -> inputs % size == 0).toList();
    String smaller =
        others.isEmpty()
            ? "no group divides it"
            : "group: "
                + others.stream().map(String::valueOf).collect(Collectors.joining(" or "))
                + " does";
    return Optional.of(
        "quantize.group: '%s' reads %d inputs, which groups of %d do not divide; %s%s, or ignore the layer"
            .formatted(layer.module(), inputs, group, smaller, pruning(layer, group)));
  }

  private static String pruning(Layer layer, int group) {
    if (layer.in().parts().size() != 1) {
      return "";
    }
    Dimension.Along along = layer.in().parts().get(0);
    String key = DIVISORS.get(along.axis().kind());
    int common =
        BigInteger.valueOf(group).gcd(BigInteger.valueOf(along.indicesPerUnit())).intValue();
    return key == null ? "" : ", or prune with %s: %d".formatted(key, group / common);
  }
}
