package io.espalier.worker.model.transformer.rope;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.model.family.ConfigReader;
import java.util.ArrayList;
import java.util.List;

/**
 * Keys of a config.json for the rotation of queries and keys: {@code rope_theta} and {@code
 * rope_scaling}, or, in transformers from 5 on, {@code rope_parameters}, or some of each.
 *
 * <p>It is read as both versions read it. Where they agree, that is what is meant. What only {@code
 * rope_parameters} says is what 5 reads, with a warning, since 4 passes over it. Where they
 * disagree of what both look at, the config is refused.
 *
 * <p>Source: transformers 4.57.6 and 5.24.0, {@code modeling_rope_utils.py}.
 *
 * @param config the whole config
 * @param usualBase the base that is meant where the config is silent
 * @param typeFirst whether version 4 lets {@code type} count more than {@code rope_type}
 */
public record RotaryConfig(ConfigReader config, double usualBase, boolean typeFirst) {
  private static final String BASE = "rope_theta";
  private static final String SCALING = "rope_scaling";
  private static final String PARAMETERS = "rope_parameters";
  private static final String PART = "partial_rotary_factor";
  private static final String OLDER = "transformers 4.57";
  private static final String NEWER = "transformers 5";

  /** Characters of a scaling that are quoted: some have a number for each pair of channels. */
  private static final int LONGEST = 80;

  /**
   * Returns what heads of a size are turned by. Adds what is not understood to the config's
   * problems.
   *
   * @param size channels of a head; 0 if that is not known
   * @param positions what the config says of the longest sequence
   */
  public Rotation rotation(int size, int positions) {
    requireWholeHeads(size);
    return new Rotation(size, true, scaling(size / 2, positions));
  }

  private RotaryScaling scaling(int pairs, int positions) {
    var refusals = new ArrayList<String>();
    RotaryScaling older = older(config.aside(refusals)).scaling(pairs, positions);
    RotaryScaling newer = newer(config).scaling(pairs, positions);
    if (!refusals.isEmpty()) {
      config.warning("%s opens it, but %s does not: %s", NEWER, OLDER, String.join("; ", refusals));
    } else if (!newer.equals(older)) {
      disagree(older, newer);
    }
    return newer;
  }

  private void disagree(RotaryScaling older, RotaryScaling newer) {
    boolean onlyNewer =
        isEmpty(SCALING)
            && config.silent(RotaryReading.ORIGINAL)
            && (config.silent(BASE) || config.json().path(BASE).asDouble() == newer.base());
    if (onlyNewer) {
      config.warning(
          "%s is read by %s, and passed over by %s, which turns by other angles (%s instead of %s)",
          PARAMETERS, NEWER, OLDER, words(older), words(newer));
    } else {
      config.problem(
          "%s, %s and %s are read otherwise by %s (%s) than by %s (%s); say the same in all of"
              + " them",
          BASE, SCALING, PARAMETERS, OLDER, words(older), NEWER, words(newer));
    }
  }

  private static String words(RotaryScaling scaling) {
    String words = scaling.toString();
    return words.length() <= LONGEST ? words : words.substring(0, LONGEST - 3) + "...";
  }

  private RotaryReading older(ConfigReader aside) {
    ConfigReader block = aside.part(SCALING);
    if (!aside.silent(SCALING) && isEmpty(SCALING)) {
      block.problem("rope_type must be given, found {}");
    }
    if (aside.json().path(BASE).isNull()) {
      aside.problem("%s must be a number, found null", BASE);
    }
    String type = typeFirst ? type(block, "type", "rope_type") : type(block, "rope_type", "type");
    return new RotaryReading(aside, block, aside.number(BASE, 1, usualBase), type, false);
  }

  private RotaryReading newer(ConfigReader whole) {
    ConfigReader block = whole.part(isEmpty(SCALING) ? PARAMETERS : SCALING);
    for (JsonNode value : block.json()) {
      if (value.isObject()) {
        block.problem("one scaling for each type of layer is not computed, found %s", value);
      }
    }
    if (block.silent(BASE) && whole.json().path(BASE).isNull()) {
      whole.problem("%s must be a number, found null", BASE);
    }
    double base = block.number(BASE, 1, whole.number(BASE, 1, usualBase));
    return new RotaryReading(whole, block, base, type(block, "rope_type", "type"), true);
  }

  private boolean isEmpty(String key) {
    return config.silent(key)
        || (config.json().path(key).isObject() && config.json().path(key).isEmpty());
  }

  private static String type(ConfigReader block, String first, String second) {
    return block.silent(first)
        ? block.json().path(second).asText("default")
        : block.json().path(first).asText();
  }

  private void requireWholeHeads(int size) {
    if (size % 2 != 0) {
      config.problem(
          "heads of %d channels cannot be turned in pairs; their size must be even", size);
    }
    for (ConfigReader part : List.of(config, config.part(SCALING), config.part(PARAMETERS))) {
      JsonNode turned = part.json().path(PART);
      if (!part.silent(PART) && turned.asDouble() != 1) {
        part.problem(
            "%s must be 1, since heads are turned whole and have no more channels than %d, found"
                + " %s",
            PART, size, turned);
      }
    }
  }
}
