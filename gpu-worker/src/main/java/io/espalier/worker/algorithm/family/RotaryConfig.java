package io.espalier.worker.algorithm.family;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.algorithm.family.RotaryScaling.Dynamic;
import io.espalier.worker.algorithm.family.RotaryScaling.Linear;
import io.espalier.worker.algorithm.family.RotaryScaling.Llama3;
import io.espalier.worker.algorithm.family.RotaryScaling.LongRope;
import io.espalier.worker.algorithm.family.RotaryScaling.Unscaled;
import io.espalier.worker.algorithm.family.RotaryScaling.Yarn;
import java.util.ArrayList;
import java.util.List;

/**
 * How a config.json says what queries and keys are turned by: {@code rope_theta} and {@code
 * rope_scaling}, or, in transformers from 5 on, {@code rope_parameters}.
 *
 * @param config the whole config
 * @param scaling the part that has the scaling's own values
 * @param base what unscaled angles are powers of
 */
record RotaryConfig(TransformerConfig config, TransformerConfig scaling, double base) {
  private static final String BASE = "rope_theta";
  private static final String SCALING = "rope_scaling";
  private static final String PARAMETERS = "rope_parameters";
  private static final String PART = "partial_rotary_factor";
  private static final String ORIGINAL = "original_max_position_embeddings";
  private static final String FACTOR = "factor";
  private static final String AMPLITUDE = "attention_factor";

  /** That of a config, with the base that is meant where it is silent. */
  static RotaryConfig of(TransformerConfig config, double usualBase) {
    if (!config.silent(SCALING) && !config.silent(PARAMETERS)) {
      config.problem("%s and %s exclude each other", SCALING, PARAMETERS);
    }
    boolean newer = !config.silent(PARAMETERS);
    TransformerConfig scaling = config.part(newer ? PARAMETERS : SCALING);
    for (JsonNode value : scaling.json()) {
      if (value.isObject()) {
        scaling.problem("one scaling for each type of layer is not computed, found %s", value);
      }
    }
    double base = (newer ? scaling : config).number(BASE, 1, usualBase);
    return new RotaryConfig(config, scaling, base);
  }

  /**
   * What heads of a size are turned by.
   *
   * @param size channels of a head; 0 if that is not known
   * @param positions what the config says of the longest sequence
   */
  Rotation rotation(int size, int positions) {
    requireWholeHeads(size);
    return new Rotation(size, true, scaling(size / 2, positions));
  }

  private void requireWholeHeads(int size) {
    if (size % 2 != 0) {
      config.problem(
          "heads of %d channels cannot be turned in pairs; their size must be even", size);
    }
    for (TransformerConfig part : List.of(config, scaling)) {
      JsonNode turned = part.json().path(PART);
      if (!part.silent(PART) && turned.asDouble() != 1) {
        part.problem(
            "%s must be 1, since heads are turned whole and have no more channels than %d, found %s",
            PART, size, turned);
      }
    }
  }

  private RotaryScaling scaling(int pairs, int positions) {
    String type =
        scaling.silent("rope_type")
            ? scaling.json().path("type").asText("default")
            : scaling.json().path("rope_type").asText();
    return switch (type) {
      case "default" -> new Unscaled(base);
      case "linear" -> new Linear(base, factor());
      case "dynamic" -> dynamic(pairs, positions);
      case "llama3" -> llama3();
      case "yarn" -> yarn(positions);
      case "longrope" -> longRope(pairs, positions);
      default -> {
        scaling.problem(
            "rope_type must be default, linear, dynamic, llama3, yarn or longrope, found %s",
            scaling.json());
        yield new Unscaled(base);
      }
    };
  }

  private double factor() {
    if (scaling.silent(FACTOR)) {
      scaling.problem("%s must be given, found %s", FACTOR, scaling.json());
    }
    return scaling.number(FACTOR, 1, 1);
  }

  private RotaryScaling dynamic(int pairs, int positions) {
    if (pairs == 1) {
      scaling.problem("heads of 2 channels have no dynamic scaling");
    }
    return new Dynamic(base, factor(), positions);
  }

  private RotaryScaling llama3() {
    for (String key : List.of("low_freq_factor", "high_freq_factor", ORIGINAL)) {
      if (scaling.silent(key)) {
        scaling.problem("%s must be given, found %s", key, scaling.json());
      }
    }
    double low = scaling.number("low_freq_factor", 0, 1);
    double high = scaling.number("high_freq_factor", 0, 4);
    if (high <= low) {
      scaling.problem("high_freq_factor %s must be more than low_freq_factor %s", high, low);
    }
    return new Llama3(base, factor(), low, high, scaling.count(ORIGINAL, 1));
  }

  private RotaryScaling yarn(int positions) {
    double factor = factor();
    boolean weighed = positive("mscale") && positive("mscale_all_dim");
    double recommended =
        weighed
            ? Yarn.amplitude(factor, scaling.number("mscale", 0, 1))
                / Yarn.amplitude(factor, scaling.number("mscale_all_dim", 0, 1))
            : Yarn.amplitude(factor, 1);
    double fast = scaling.number("beta_fast", Double.MIN_VALUE, 32);
    double slow = scaling.number("beta_slow", Double.MIN_VALUE, 1);
    if (fast < slow) {
      scaling.problem("beta_fast %s must be at least beta_slow %s", fast, slow);
    }
    return new Yarn(
        base,
        factor,
        scaling.number(AMPLITUDE, 0, recommended),
        fast,
        slow,
        scaling.count(ORIGINAL, positions),
        scaling.flag("truncate", true));
  }

  private boolean positive(String key) {
    return scaling.json().path(key).asDouble() > 0;
  }

  /** Some configs say the original length beside the scaling; the factor is then a ratio. */
  private RotaryScaling longRope(int pairs, int positions) {
    boolean ratio = !config.silent(ORIGINAL);
    int original = config.count(ORIGINAL, positions);
    double factor = ratio ? (double) positions / original : factor();
    double recommended = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
    return new LongRope(
        base,
        scaling.number(AMPLITUDE, 0, recommended),
        factors("short_factor", pairs),
        factors("long_factor", pairs),
        original);
  }

  private List<Double> factors(String key, int pairs) {
    JsonNode list = scaling.json().path(key);
    var factors = new ArrayList<Double>();
    list.forEach(factor -> factors.add(factor.isNumber() ? factor.doubleValue() : -1));
    if (factors.size() != pairs || factors.stream().anyMatch(factor -> !(factor > 0))) {
      scaling.problem("%s must be %d numbers over 0, found %s", key, pairs, list);
    }
    return factors;
  }
}
