package io.espalier.worker.model.transformer;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.model.family.ConfigReader;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Rule of a config.json for layers where tokens see only those near them. */
enum WindowRule {
  /** Tokens see everything, whatever {@code sliding_window} says. */
  NOWHERE,
  /** All layers, unless {@code sliding_window} is null. */
  EVERYWHERE,
  /** All layers, if {@code sliding_window} says how near. */
  WHERE_SAID,
  /** All layers, if {@code use_sliding_window} is true and {@code sliding_window} is not null. */
  EVERYWHERE_IF_USED,
  /** Not at all: {@code use_sliding_window} must not be true, since loaders disagree of which. */
  UNSETTLED,
  /**
   * If {@code use_sliding_window} is true the layers that {@code layer_types} names, or those from
   * {@code max_window_layers} on.
   */
  BY_LAYER;

  private static final String SIZE = "sliding_window";
  private static final String USED = "use_sliding_window";
  private static final String TYPES = "layer_types";
  private static final String NEAR = "sliding_attention";
  private static final String FULL = "full_attention";
  private static final int USUAL_SIZE = 4096;
  private static final int USUAL_FIRST = 28;

  /**
   * The windows of a model of so many layers. Adds what is not understood to the config's problems.
   */
  Windows of(ConfigReader config, int layers) {
    int size = size(config);
    Set<Integer> near = size == 0 ? Set.of() : layers(config, layers);
    JsonNode types = config.json().path(TYPES);
    if (!config.silent(TYPES)) {
      compareTypes(config, types, typesOf(near, layers));
    }
    return near.isEmpty() ? Windows.NONE : new Windows(size, near);
  }

  /** Returns how many tokens are seen; 0 if all are. */
  private int size(ConfigReader config) {
    boolean used =
        switch (this) {
          case NOWHERE -> false;
          case EVERYWHERE -> true;
          case WHERE_SAID -> !config.silent(SIZE);
          case UNSETTLED -> {
            config.requireOnly(USED, false);
            yield false;
          }
          case EVERYWHERE_IF_USED, BY_LAYER -> config.flag(USED, false);
        };
    if (!used || config.json().path(SIZE).isNull()) {
      return 0;
    }
    return config.count(SIZE, USUAL_SIZE);
  }

  private Set<Integer> layers(ConfigReader config, int layers) {
    JsonNode types = config.json().path(TYPES);
    boolean listed = this == BY_LAYER && types.isArray();
    int first = this == BY_LAYER ? config.countFromZero("max_window_layers", USUAL_FIRST) : 0;
    return IntStream.range(0, layers)
        .filter(layer -> listed ? types.path(layer).asText().equals(NEAR) : layer >= first)
        .boxed()
        .collect(Collectors.toSet());
  }

  private static List<String> typesOf(Set<Integer> near, int layers) {
    return IntStream.range(0, layers)
        .mapToObj(layer -> near.contains(layer) ? NEAR : FULL)
        .toList();
  }

  /** Of models that have windows in all layers, loaders do not look at them. */
  private void compareTypes(ConfigReader config, JsonNode found, List<String> computed) {
    List<String> said =
        IntStream.range(0, found.size()).mapToObj(layer -> found.path(layer).asText()).toList();
    if (said.equals(computed)) {
      return;
    }
    if (this != BY_LAYER && this != UNSETTLED && computed.contains(NEAR)) {
      config.warning(
          "%s is passed over by transformers for models of this type, so layers are %s, found %s",
          TYPES, summary(computed), found);
    } else {
      config.problem(
          "%s must be %s, as %d layers, %s and %s have it, found %s",
          TYPES, summary(computed), computed.size(), SIZE, USED, found);
    }
  }

  private String summary(List<String> computed) {
    boolean chosen = this == BY_LAYER && computed.contains(NEAR);
    return chosen
        ? "a list of '%s' or '%s' for each layer".formatted(FULL, NEAR)
        : "'%s' for each layer".formatted(Collections.frequency(computed, NEAR) > 0 ? NEAR : FULL);
  }
}
