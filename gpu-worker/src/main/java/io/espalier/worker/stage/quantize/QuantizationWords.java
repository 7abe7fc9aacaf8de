package io.espalier.worker.stage.quantize;

import io.espalier.worker.algorithm.quantize.KeptLayer;
import io.espalier.worker.algorithm.quantize.QuantizationFormat;
import io.espalier.worker.algorithm.quantize.WeightScheme;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Words for what a quantization did. */
final class QuantizationWords {
  private QuantizationWords() {}

  /** Arrangement of scales, and what comes in. */
  static String scheme(WeightScheme scheme) {
    QuantizationFormat format = scheme.format();
    String weights =
        "weights: %s, a scale%s for %s"
            .formatted(
                format == QuantizationFormat.FP8 ? "E4M3" : format.bits() + " bits",
                scheme.symmetric() ? "" : " and a zero point",
                scheme.group() == 0
                    ? "each output"
                    : "every %d inputs of an output".formatted(scheme.group()));
    return weights
        + (format.quantizesActivations()
            ? "; activations: the same, a scale for each token, found as they come"
            : "; activations: as they were");
  }

  /** How many layers stay, by the reason why. */
  static String kept(List<KeptLayer> kept) {
    Map<String, Integer> reasons = new LinkedHashMap<>();
    kept.forEach(layer -> reasons.merge(layer.reason(), 1, Integer::sum));
    return reasons.isEmpty()
        ? "none"
        : reasons.entrySet().stream()
            .map(reason -> "%d: %s".formatted(reason.getValue(), reason.getKey()))
            .collect(Collectors.joining("; "));
  }

  /** What metrics after the quantization are those of. */
  static String simulated(WeightScheme scheme, boolean judged) {
    if (!judged) {
      return "nothing was judged, since there are no data of role eval";
    }
    return scheme.format().quantizesActivations()
        ? "weights as the files store them and what comes into layers, each rounded, products in"
            + " float32"
        : "weights as the files store them, in float32";
  }

  /** Who opens the result. */
  static String opening(WeightScheme scheme) {
    return "compressed-tensors must be installed beside transformers"
        + (scheme.symmetric() || scheme.format() == QuantizationFormat.INT8
            ? ""
            : ", of a version that unpacks zero points");
  }
}
