package io.espalier.worker.algorithm.quantize;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * What config.json says of a quantized model, for loaders of compressed-tensors.
 *
 * <p>Source: compressed-tensors, {@code quantization/quant_config.py}, {@code quant_args.py} and
 * {@code quant_scheme.py}; its loaders refuse keys that they do not know inside of groups.
 */
final class CompressedTensorsConfig {
  /** Key of config.json. */
  static final String KEY = "quantization_config";

  /** The version of the library whose layout this is. */
  private static final String VERSION = "0.12.2";

  private static final String SYMMETRIC = "symmetric";
  private static final String STRATEGY = "strategy";
  private static final String DYNAMIC = "dynamic";

  private CompressedTensorsConfig() {}

  /** The value of {@link #KEY}. */
  static ObjectNode of(QuantizationPlan plan) {
    WeightScheme scheme = plan.scheme();
    String layout = scheme.format().layout();
    ObjectNode config =
        JsonNodeFactory.instance
            .objectNode()
            .put("quant_method", "compressed-tensors")
            .put("version", VERSION)
            .put("format", layout)
            .put("quantization_status", "compressed")
            .putNull("global_compression_ratio")
            .putNull("kv_cache_scheme");
    ObjectNode group = config.putObject("config_groups").putObject("group_0");
    group.putArray("targets").add("Linear");
    group.set("weights", weights(scheme));
    if (scheme.format().quantizesActivations()) {
      group.set("input_activations", activations(scheme));
    } else {
      group.putNull("input_activations");
    }
    group.putNull("output_activations");
    ArrayNode ignore = config.putArray("ignore");
    plan.kept().forEach(layer -> ignore.add(layer.module()));
    return config;
  }

  private static ObjectNode weights(WeightScheme scheme) {
    ObjectNode arguments = numbers(scheme).put(SYMMETRIC, scheme.symmetric()).put(DYNAMIC, false);
    if (scheme.group() == 0) {
      return arguments.put(STRATEGY, "channel").putNull("group_size");
    }
    return arguments.put(STRATEGY, "group").put("group_size", scheme.group());
  }

  private static ObjectNode activations(WeightScheme scheme) {
    return numbers(scheme)
        .put(SYMMETRIC, true)
        .put(DYNAMIC, true)
        .put(STRATEGY, "token")
        .putNull("group_size");
  }

  private static ObjectNode numbers(WeightScheme scheme) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("num_bits", scheme.format().bits())
        .put("type", scheme.format().isFloat() ? "float" : "int");
  }
}
