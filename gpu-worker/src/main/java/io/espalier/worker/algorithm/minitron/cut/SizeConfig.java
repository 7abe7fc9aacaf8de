package io.espalier.worker.algorithm.minitron.cut;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.algorithm.minitron.size.LayerExperts;
import io.espalier.worker.algorithm.minitron.size.NetworkBlueprint;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.family.MaskableNetwork.ExpertKeys;
import io.espalier.worker.model.family.MaskableNetwork.SparseLayerKeys;
import io.espalier.worker.model.family.MaskableNetwork.WidthKeys;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The config.json of a smaller model: everything stays as it was but sizes, and what is said of
 * single layers.
 *
 * <p>Where all layers are equally wide a number says so, else a list with one entry per layer. (All
 * experts are equally wide, and so are all layers of a model that has some.) {@code head_dim} is
 * said where it does not follow from the number of heads.
 *
 * @param blueprint of the model that was
 */
public record SizeConfig(NetworkBlueprint blueprint) {
  private static final String HEAD_SIZE = "head_dim";
  private static final String PRUNED = "pruned_heads";

  /** Keys of what always is a list with one entry per layer. */
  private static final String TYPES = "layer_types";

  private static final Set<String> LISTS = Set.of(TYPES);

  /** Key of a number: layers from that one on see only near tokens. */
  private static final String FIRST_NEAR = "max_window_layers";

  /**
   * The config of a subnet.
   *
   * @param kept its units, without layers
   * @param layers its layers by their numbers in the model, ascending
   */
  public ObjectNode of(Kept kept, List<Integer> layers) {
    ObjectNode config = blueprint.model().directory().config();
    WidthKeys keys = blueprint.network().widthKeys();
    int hidden = kept.width(blueprint.hidden());
    config.put(keys.hidden(), hidden);
    config.put(keys.layers(), layers.size());
    Set<Integer> sparse = Set.copyOf(blueprint.sparseLayers());
    List<Integer> dense = layers.stream().filter(layer -> !sparse.contains(layer)).toList();
    put(config, keys.neurons(), widths(kept, dense, blueprint::neurons));
    blueprint.network().expertKeys().ifPresent(found -> experts(config, found, kept, layers));
    List<Integer> heads = widths(kept, layers, blueprint::heads);
    put(config, keys.heads(), heads);
    keys.groups().ifPresent(key -> put(config, key, widths(kept, layers, blueprint::groups)));
    boolean follows =
        heads.stream().allMatch(count -> count * blueprint.headSize() == hidden)
            && !keys.sizesHeads();
    if (follows) {
      config.remove(HEAD_SIZE);
    } else {
      config.put(HEAD_SIZE, blueprint.headSize());
    }
    config.remove(PRUNED); // the numbers say what is left
    perLayer(config, layers);
    return blueprint.network().inWordsOfItsLibrary(config);
  }

  private static List<Integer> widths(Kept kept, List<Integer> layers, IntFunction<Axis> axis) {
    return layers.stream().map(layer -> kept.width(axis.apply(layer))).toList();
  }

  private void experts(ObjectNode config, ExpertKeys keys, Kept kept, List<Integer> layers) {
    List<LayerExperts> left =
        layers.stream().flatMap(layer -> blueprint.experts(layer).stream()).toList();
    List<Integer> counts = left.stream().map(each -> kept.width(each.counted())).toList();
    put(config, keys.experts(), counts);
    keys.again().ifPresent(key -> put(config, key, counts));
    put(
        config,
        keys.neurons(),
        left.stream().flatMap(each -> staying(each, kept).map(kept::width)).toList());
    keys.shared()
        .ifPresent(
            key ->
                put(
                    config,
                    key,
                    left.stream()
                        .flatMap(each -> each.shared().stream())
                        .map(kept::width)
                        .toList()));
    if (layers.size() < blueprint.blocks().size()) {
      keys.layers().ifPresent(which -> sparseLayers(config, which, layers));
    }
  }

  private static Stream<Axis> staying(LayerExperts experts, Kept kept) {
    return kept.of(experts.counted())
        .map(units -> IntStream.of(units).mapToObj(experts.neurons()::get))
        .orElse(experts.neurons().stream());
  }

  /**
   * Layers that stay are counted anew, so that every so many-th is another; if that rule no longer
   * says which of them have experts, a list of all others does.
   */
  private void sparseLayers(ObjectNode config, SparseLayerKeys keys, List<Integer> layers) {
    var named = new HashSet<Integer>();
    config.path(keys.dense()).forEach(layer -> named.add(layers.indexOf(layer.intValue())));
    int step = config.path(keys.step()).asInt(1);
    Set<Integer> sparse = Set.copyOf(blueprint.sparseLayers());
    List<Integer> places = IntStream.range(0, layers.size()).boxed().toList();
    Predicate<Integer> withExperts = place -> sparse.contains(layers.get(place));
    boolean holds =
        places.stream()
            .allMatch(
                place ->
                    withExperts.test(place) == (!named.contains(place) && (place + 1) % step == 0));
    ArrayNode dense = config.putArray(keys.dense());
    places.stream().filter(holds ? named::contains : withExperts.negate()).forEach(dense::add);
    config.put(keys.step(), holds ? step : 1);
  }

  private static void put(ObjectNode config, String key, List<Integer> widths) {
    if (widths.isEmpty()) {
      return; // what is said of what no layer has is never read
    }
    if (widths.stream().distinct().count() == 1) {
      config.put(key, widths.get(0));
      return;
    }
    ArrayNode list = config.putArray(key);
    widths.forEach(list::add);
  }

  /** Keys of what may be a list with one entry per layer. */
  private Set<String> lists() {
    var lists = new HashSet<>(LISTS);
    lists.add(blueprint.network().widthKeys().neurons());
    blueprint.network().expertKeys().ifPresent(keys -> keys.widths().forEach(lists::add));
    return lists;
  }

  /** Lists lose the entries of layers that go; a layer's number becomes the one it has then. */
  private void perLayer(ObjectNode config, List<Integer> layers) {
    if (layers.size() == blueprint.blocks().size()) {
      return;
    }
    blueprint.network().layerTypes().ifPresent(types -> types.forEach(config.putArray(TYPES)::add));
    for (String key : lists()) {
      JsonNode list = config.path(key);
      if (list.isArray() && list.size() == blueprint.blocks().size()) {
        ArrayNode left = config.putArray(key);
        layers.forEach(layer -> left.add(list.get(layer)));
      }
    }
    JsonNode first = config.path(FIRST_NEAR);
    if (first.isInt()) {
      config.put(FIRST_NEAR, layers.stream().filter(layer -> layer < first.intValue()).count());
    }
  }
}
