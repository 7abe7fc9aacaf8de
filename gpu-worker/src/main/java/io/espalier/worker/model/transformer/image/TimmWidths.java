package io.espalier.worker.model.transformer.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.model.family.ConfigReader;
import io.espalier.worker.model.family.TextDefaults;
import io.espalier.worker.model.family.TextKeys;
import io.espalier.worker.model.family.TextWidths;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The widths of timm's transformers that read images, in their config.json.
 *
 * <p>timm gets them from the name of the network and from {@code model_args}, where neurons are a
 * multiple of the hidden size. It has no words for layers that differ, nor for heads that are fewer
 * than the hidden size has room for: these are said beside, as transformers would, and such models
 * open here only.
 */
final class TimmWidths {
  private static final String ARGUMENTS = "model_args";
  private static final String RATIO = "mlp_ratio";
  private static final String FEATURES = "num_features";
  private static final TextKeys KEYS = TextKeys.BERT;

  /** Sizes of timm's networks: hidden size, layers, heads. */
  private static final Map<String, List<Integer>> USUAL =
      Map.of(
          "tiny", List.of(192, 12, 3),
          "small", List.of(384, 12, 6),
          "base", List.of(768, 12, 12),
          "large", List.of(1024, 24, 16),
          "huge", List.of(1280, 32, 16));

  private TimmWidths() {}

  /**
   * Reads them.
   *
   * @param arguments the {@code model_args}
   * @param size the word for the size in the network's name
   */
  static TextWidths read(JsonNode config, ConfigReader arguments, String size) {
    List<Integer> usual = USUAL.getOrDefault(size, List.of(192, 12, 3));
    int hidden = arguments.count("embed_dim", usual.get(0));
    double ratio = arguments.number(RATIO, Double.MIN_NORMAL, 4);
    ObjectNode said = JsonNodeFactory.instance.objectNode();
    said.put(KEYS.hidden(), hidden);
    said.put(KEYS.layers(), arguments.count("depth", usual.get(1)));
    said.put(KEYS.heads(), arguments.count("num_heads", usual.get(2)));
    said.put(KEYS.neurons(), Math.max(1, (int) (hidden * ratio)));
    for (String beside : List.of(KEYS.heads(), KEYS.neurons(), TextWidths.HEAD_SIZE)) {
      if (config.has(beside)) {
        said.set(beside, config.path(beside));
      }
    }
    var read = new ConfigReader(said, "model_args: ", arguments.problems(), new ArrayList<>());
    return TextWidths.of(read, KEYS, TextDefaults.BERT);
  }

  /** Returns whether a config says all widths in timm's own words. */
  static boolean opensInTimm(JsonNode config) {
    return !config.has(KEYS.heads())
        && !config.has(KEYS.neurons())
        && !config.has(TextWidths.HEAD_SIZE);
  }

  /**
   * The same config in timm's own words as far as there are any.
   *
   * @param config with widths as transformers would say them; changes
   * @param before width of the stream where the config does not say another
   */
  static ObjectNode written(ObjectNode config, int before) {
    int hidden = config.path(KEYS.hidden()).asInt(before);
    if (config.path(KEYS.neurons()).isInt()) {
      double ratio = ratio(config.path(KEYS.neurons()).intValue(), hidden);
      config.withObjectProperty(ARGUMENTS).put(RATIO, ratio);
      config.remove(KEYS.neurons());
    }
    if (config.has(KEYS.hidden())) {
      if (config.path(FEATURES).asInt() == before) {
        config.put(FEATURES, hidden);
      }
      if (!config.has(TextWidths.HEAD_SIZE)) {
        move(config, KEYS.heads(), "num_heads");
      }
      move(config, KEYS.hidden(), "embed_dim");
      move(config, KEYS.layers(), "depth");
    }
    if (!config.has(TextWidths.HEAD_SIZE)) { // then heads fill the hidden size, as timm has them
      config.remove(KEYS.heads());
    }
    return config;
  }

  private static void move(ObjectNode config, String key, String argument) {
    config.withObjectProperty(ARGUMENTS).set(argument, config.remove(key));
  }

  /**
   * Returns what timm multiplies the hidden size by and rounds down, to get the number of neurons.
   */
  private static double ratio(int neurons, int hidden) {
    double ratio = (double) neurons / hidden;
    while ((int) (hidden * ratio) < neurons) {
      ratio = Math.nextUp(ratio);
    }
    return ratio;
  }
}
