package io.espalier.worker.algorithm.gradnas;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.MaskableModel;
import io.espalier.worker.model.family.MaskableNetwork.Block;
import io.espalier.worker.model.family.MaskableNetwork.WidthKeys;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * The config.json of a pruned model: everything stays as it was but the widths.
 *
 * <p>Where all layers are equally wide a number says so, else a list with one entry per layer;
 * {@code head_dim} is said where it no longer follows from the number of heads.
 */
final class WidthConfig {
  private static final String HEAD_SIZE = "head_dim";
  private static final String PRUNED = "pruned_heads";

  private final MaskableModel model;
  private final Map<String, Axis> axes = new LinkedHashMap<>();
  private final List<Block> blocks;
  private final WidthKeys keys;

  /** The configs of versions of a model. */
  WidthConfig(MaskableModel model) {
    this.model = model;
    for (Axis axis : model.architecture().axes()) {
      axes.put(axis.name(), axis);
    }
    this.blocks = Block.of(model.architecture());
    this.keys = model.network().widthKeys();
  }

  /** The config of a version of which units stay. */
  ObjectNode of(Kept kept, OutputMode output) {
    ObjectNode config = model.directory().config();
    if (output == OutputMode.ZERO_PADDED) {
      return config;
    }
    put(config, keys.neurons(), widths(Block::neurons, kept));
    if (output == OutputMode.PRUNED_HEADS) {
      prune(config, kept);
    } else {
      heads(config, widths(Block::heads, kept));
    }
    return model.network().inWordsOfItsLibrary(config);
  }

  private List<Integer> widths(Function<Block, String> kind, Kept kept) {
    return blocks.stream().map(kind).map(axes::get).map(kept::width).toList();
  }

  private void heads(ObjectNode config, List<Integer> heads) {
    config.remove(PRUNED);
    put(config, keys.heads(), heads);
    config.remove(HEAD_SIZE);
    boolean follows =
        !keys.sizesHeads()
            && heads.stream().distinct().count() == 1
            && heads.get(0) * model.network().headSize() == model.network().hiddenSize();
    if (!follows) {
      config.put(HEAD_SIZE, model.network().headSize());
    }
  }

  /** Indices are those of the model as it was before anything was ever pruned. */
  private void prune(ObjectNode config, Kept kept) {
    int original = model.network().hiddenSize() / model.network().headSize();
    JsonNode before = config.path(PRUNED).deepCopy();
    ObjectNode pruned = config.putObject(PRUNED);
    for (int layer = 0; layer < blocks.size(); layer++) {
      List<Integer> left = new ArrayList<>(IntStream.range(0, original).boxed().toList());
      before.path(Integer.toString(layer)).forEach(head -> left.remove((Object) head.intValue()));
      List<Integer> stay = new ArrayList<>();
      for (int unit : units(blocks.get(layer), kept)) {
        stay.add(left.get(unit));
      }
      ArrayNode gone = JsonNodeFactory.instance.arrayNode();
      IntStream.range(0, original).filter(head -> !stay.contains(head)).forEach(gone::add);
      if (!gone.isEmpty()) {
        pruned.set(Integer.toString(layer), gone);
      }
    }
    config.put(keys.heads(), original);
    config.remove(HEAD_SIZE);
  }

  private int[] units(Block block, Kept kept) {
    Axis axis = Objects.requireNonNull(axes.get(block.heads()));
    return kept.of(axis).orElseGet(() -> IntStream.range(0, axis.units()).toArray());
  }

  private static void put(ObjectNode config, String key, List<Integer> widths) {
    if (widths.stream().distinct().count() == 1) {
      config.put(key, widths.get(0));
      return;
    }
    ArrayNode list = config.putArray(key);
    widths.forEach(list::add);
  }
}
