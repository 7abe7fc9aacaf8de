package io.espalier.worker.model.transformer.rope;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.model.family.ConfigReader;
import io.espalier.worker.model.transformer.rope.RotaryScaling.Dynamic;
import io.espalier.worker.model.transformer.rope.RotaryScaling.Linear;
import io.espalier.worker.model.transformer.rope.RotaryScaling.Llama3;
import io.espalier.worker.model.transformer.rope.RotaryScaling.LongRope;
import io.espalier.worker.model.transformer.rope.RotaryScaling.Unscaled;
import io.espalier.worker.model.transformer.rope.RotaryScaling.Yarn;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * Reading of the rotation of queries and keys by one transformers version.
 *
 * @param config the whole config
 * @param block the part that has the values of the scaling
 * @param base what unscaled angles are powers of
 * @param type of the scaling
 * @param newer whether it is version 5, which lets an original length beside the block count for
 *     all scalings, and a factor in it more than the ratio of lengths
 */
record RotaryReading(
    ConfigReader config, ConfigReader block, double base, String type, boolean newer) {
  static final String ORIGINAL = "original_max_position_embeddings";

  private static final String FACTOR = "factor";
  private static final String AMPLITUDE = "attention_factor";

  /**
   * The scaling of heads of so many pairs of channels. Adds what is not understood to the config's
   * problems.
   *
   * @param positions what the config says of the longest sequence
   */
  RotaryScaling scaling(int pairs, int positions) {
    return switch (type) {
      case "default" -> new Unscaled(base);
      case "linear" -> new Linear(base, factor());
      case "dynamic" -> dynamic(pairs, positions);
      case "llama3" -> llama3(positions);
      case "yarn" -> yarn(positions);
      case "longrope" -> longRope(pairs, positions);
      default -> {
        block.problem(
            "rope_type must be default, linear, dynamic, llama3, yarn or longrope, found %s",
            block.json());
        yield new Unscaled(base);
      }
    };
  }

  private double factor() {
    if (block.silent(FACTOR)) {
      block.problem("%s must be given, found %s", FACTOR, block.json());
    }
    return block.number(FACTOR, 1, 1);
  }

  /** Tokens that the model was first trained on, if it is said where this version reads it. */
  private OptionalInt original() {
    return newer && !config.silent(ORIGINAL) ? config.count(ORIGINAL) : block.count(ORIGINAL);
  }

  private RotaryScaling dynamic(int pairs, int positions) {
    if (pairs == 1) {
      block.problem("heads of 2 channels have no dynamic scaling");
    }
    return new Dynamic(base, factor(), positions);
  }

  private RotaryScaling llama3(int positions) {
    List<String> needed =
        newer
            ? List.of("low_freq_factor", "high_freq_factor")
            : List.of("low_freq_factor", "high_freq_factor", ORIGINAL);
    for (String key : needed) {
      if (block.silent(key)) {
        block.problem("%s must be given, found %s", key, block.json());
      }
    }
    double low = block.number("low_freq_factor", 0, 1);
    double high = block.number("high_freq_factor", 0, 4);
    if (high <= low) {
      block.problem("high_freq_factor %s must be more than low_freq_factor %s", high, low);
    }
    return new Llama3(base, factor(), low, high, original().orElse(positions));
  }

  private RotaryScaling yarn(int positions) {
    double factor = factor();
    boolean weighed = positive("mscale") && positive("mscale_all_dim");
    double recommended =
        weighed
            ? Yarn.amplitude(factor, block.number("mscale", 0, 1))
                / Yarn.amplitude(factor, block.number("mscale_all_dim", 0, 1))
            : Yarn.amplitude(factor, 1);
    double fast = block.number("beta_fast", Double.MIN_VALUE, 32);
    double slow = block.number("beta_slow", Double.MIN_VALUE, 1);
    if (fast < slow) {
      block.problem("beta_fast %s must be at least beta_slow %s", fast, slow);
    }
    return new Yarn(
        base,
        factor,
        block.number(AMPLITUDE, 0, recommended),
        fast,
        slow,
        original().orElse(positions),
        block.flag("truncate", true));
  }

  private boolean positive(String key) {
    return block.json().path(key).asDouble() > 0;
  }

  /** Before 5, an original length counts only beside the block, and then more than the factor. */
  private RotaryScaling longRope(int pairs, int positions) {
    OptionalInt said = newer ? original() : config.count(ORIGINAL);
    int original = said.orElse(positions);
    boolean ratio = newer ? block.silent(FACTOR) : said.isPresent();
    double factor = ratio ? (double) positions / original : factor();
    double recommended = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
    return new LongRope(
        base,
        block.number(AMPLITUDE, 0, recommended),
        factors("short_factor", pairs),
        factors("long_factor", pairs),
        original);
  }

  private List<Double> factors(String key, int pairs) {
    JsonNode list = block.json().path(key);
    var factors = new ArrayList<Double>();
    list.forEach(factor -> factors.add(factor.isNumber() ? factor.doubleValue() : -1));
    if (factors.size() != pairs || factors.stream().anyMatch(factor -> !(factor > 0))) {
      block.problem("%s must be %d numbers over 0, found %s", key, pairs, list);
    }
    return factors;
  }
}
