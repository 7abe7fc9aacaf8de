package io.espalier.worker.model.family;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.TreeSet;

/**
 * Widths of a transformer by its config.json.
 *
 * <p>A pruned model's layers differ. Its config says so by a list in the place of a number, one
 * entry a layer, and then gives the size of a head in {@code head_dim}; or, in transformers before
 * 5, by {@code pruned_heads}, with the number of heads as it was.
 *
 * @param hidden width of the residual stream
 * @param headSize width of a head; 0 if the config does not tell, which is a problem of its own
 * @param heads number of heads in each layer
 * @param groups number of heads of keys and values in each layer
 * @param neurons number of neurons in each layer
 */
public record TextWidths(
    int hidden, int headSize, List<Integer> heads, List<Integer> groups, List<Integer> neurons) {
  public static final String HEAD_SIZE = "head_dim";
  private static final String PRUNED = "pruned_heads";

  /** Far more than any transformer has; a table of so many layers still fits. */
  private static final int MOST_LAYERS = 1000;

  /** Far more than any layer has; products of two still fit. */
  private static final int WIDEST = 1 << 24;

  /** GPT's neurons per hidden channel where nothing is said. */
  private static final int EXPANSION = 4;

  /** Widths; lists are copied. */
  public TextWidths {
    heads = List.copyOf(heads);
    groups = List.copyOf(groups);
    neurons = List.copyOf(neurons);
  }

  /** Returns how many layers there are. */
  public int layers() {
    return heads.size();
  }

  /**
   * Returns whether transformers builds layers of these widths: all alike, and heads that share the
   * stream unless their size stands for itself.
   */
  static boolean opensInTransformers(JsonNode config, TextKeys keys) {
    return !config.path(keys.heads()).isArray()
        && !config.path(keys.neurons()).isArray()
        && keys.groups().stream().noneMatch(key -> config.path(key).isArray())
        && config.path(PRUNED).isEmpty()
        && (keys.sizesHeads() || !config.hasNonNull(HEAD_SIZE) || sharesTheStream(config, keys));
  }

  private static boolean sharesTheStream(JsonNode config, TextKeys keys) {
    long heads = config.path(keys.heads()).asLong() * config.path(HEAD_SIZE).asLong();
    return heads == config.path(keys.hidden()).asLong();
  }

  /**
   * Reads the widths of a config.
   *
   * @param usual what is meant where it is silent
   */
  public static TextWidths of(ConfigReader config, TextKeys keys, TextDefaults usual) {
    int hidden = config.count(keys.hidden(), usual.hidden());
    int layers = config.count(keys.layers(), usual.layers());
    if (layers > MOST_LAYERS) {
      config.problem("%s must be at most %d, found %d", keys.layers(), MOST_LAYERS, layers);
      layers = 1;
    }
    List<Integer> heads =
        config.perLayer(keys.heads(), layers).orElse(Collections.nCopies(layers, usual.heads()));
    List<Integer> neurons =
        config
            .perLayer(keys.neurons(), layers)
            .orElse(
                Collections.nCopies(
                    layers, usual.neurons().orElse(EXPANSION * Math.min(hidden, WIDEST))));
    int size = headSize(config, keys.heads(), hidden, heads.get(0), usual.headSize());
    requireSmall(config, hidden, heads, size, neurons);
    List<Integer> left = withoutPruned(config, keys.heads(), heads);
    List<Integer> groups =
        keys.groups().map(key -> groups(config, key, left, usual.groups())).orElse(left);
    return new TextWidths(hidden, size, left, groups, neurons);
  }

  /** As many as there are heads if the config says that there is nothing to say. */
  private static List<Integer> groups(
      ConfigReader config, String key, List<Integer> heads, OptionalInt usual) {
    List<Integer> silence =
        usual.isEmpty() || config.json().has(key)
            ? heads
            : Collections.nCopies(heads.size(), usual.getAsInt());
    List<Integer> groups = config.perLayer(key, heads.size()).orElse(silence);
    for (int i = 0; i < heads.size(); i++) {
      if (heads.get(i) % groups.get(i) != 0) {
        config.problem(
            "%s must divide the number of heads in each layer, found %s for %s heads",
            key, groups, heads);
        return heads;
      }
    }
    return groups;
  }

  private static void requireSmall(
      ConfigReader config, int hidden, List<Integer> heads, int size, List<Integer> neurons) {
    long widest = Math.max(hidden, Collections.max(neurons));
    widest = Math.max(widest, (long) Collections.max(heads) * size);
    if (widest > WIDEST) {
      config.problem("a layer of width %d was found, but %d is the most", widest, WIDEST);
    }
  }

  /** Never from a pruned width: eight heads of a stream of 768 may be those that are left of 12. */
  private static int headSize(
      ConfigReader config, String key, int hidden, int heads, OptionalInt usual) {
    OptionalInt said = config.count(HEAD_SIZE);
    if (said.isPresent() || usual.isPresent()) {
      return said.orElseGet(usual::getAsInt);
    }
    if (config.json().path(key).isArray()) {
      config.problem("%s must be given where %s lists layers", HEAD_SIZE, key);
      return 0;
    }
    if (hidden % heads != 0) {
      config.problem(
          "the hidden size %d is no multiple of %s %d; give %s if heads were removed",
          hidden, key, heads, HEAD_SIZE);
      return 0;
    }
    return hidden / heads;
  }

  private static List<Integer> withoutPruned(ConfigReader config, String key, List<Integer> heads) {
    JsonNode pruned = config.json().path(PRUNED);
    if (pruned.isEmpty()) {
      return heads;
    }
    if (config.json().path(key).isArray()) {
      config.problem("%s and a list in %s exclude each other", PRUNED, key);
      return heads;
    }
    var left = new ArrayList<>(heads);
    for (var layer : pruned.properties()) {
      int at = layer(layer.getKey(), heads.size());
      TreeSet<Integer> gone = units(layer.getValue());
      if (at < 0 || !isCut(gone, layer.getValue(), heads.get(at))) {
        config.problem(
            "%s must list for layers 0 to %d some of their heads, not all, found %s for '%s'",
            PRUNED, heads.size() - 1, layer.getValue(), layer.getKey());
      } else {
        left.set(at, heads.get(at) - gone.size());
      }
    }
    return left;
  }

  private static int layer(String name, int layers) {
    return name.matches("\\d{1,4}") && Integer.parseInt(name) < layers
        ? Integer.parseInt(name)
        : -1;
  }

  private static TreeSet<Integer> units(JsonNode list) {
    var units = new TreeSet<Integer>();
    list.forEach(unit -> units.add(unit.isInt() ? unit.intValue() : -1));
    return units;
  }

  private static boolean isCut(TreeSet<Integer> gone, JsonNode list, int heads) {
    return list.isArray()
        && gone.size() == list.size()
        && gone.size() < heads
        && (gone.isEmpty() || (gone.first() >= 0 && gone.last() < heads));
  }
}
