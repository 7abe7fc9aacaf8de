package io.espalier.worker.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.checkpoint.file.StrictJson;
import io.espalier.worker.domain.Problems;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Index of each tensor's shard: {@code model.safetensors.index.json}.
 *
 * @param json the file as it is
 * @param shards file by tensor name; files are beside the index or in folders there
 */
public record ShardIndex(ObjectNode json, Map<String, String> shards) {
  public static final String FILE = "model.safetensors.index.json";

  /** Reads an index; what is wrong with it goes to the problems, and is not in the result. */
  static ShardIndex read(Path file, Problems problems) {
    ObjectNode json = StrictJson.object(file);
    var shards = new TreeMap<String, String>();
    JsonNode map = json.path("weight_map");
    if (!map.isObject() || map.isEmpty()) {
      problems.add(
          "%s: weight_map must be an object from tensor to file, found %s",
          file, map.isObject() ? "an empty one" : StrictJson.kind(map));
      return new ShardIndex(json, shards);
    }
    map.properties()
        .forEach(
            entry -> {
              JsonNode shard = entry.getValue();
              if (!shard.isTextual()) {
                problems.add(
                    "%s: weight_map: tensor '%s': wanted a file name, found %s",
                    file, entry.getKey(), StrictJson.kind(shard));
              } else {
                shards.put(entry.getKey(), shard.textValue());
              }
            });
    checkNames(file, new TreeSet<>(shards.values()), problems);
    shards.values().removeIf(shard -> !isInside(shard) || isSplit(shard));
    return new ShardIndex(json, shards);
  }

  /** The shards, each once, by name. */
  Set<String> files() {
    return new TreeSet<>(shards.values());
  }

  private static void checkNames(Path file, Set<String> names, Problems problems) {
    List<String> split = names.stream().filter(ShardIndex::isSplit).toList();
    if (!split.isEmpty()) {
      problems.add(
          "%s: weight_map names %s, %s",
          file, Problems.names(split), RankFiles.MODEL_PARALLEL.refusal());
    }
    for (String name : names) {
      if (WeightFiles.isForeign(name) && !isSplit(name)) {
        problems.add("%s: weight_map names '%s'. %s", file, name, WeightFiles.CONVERT);
      } else if (!isInside(name) && !isSplit(name)) {
        problems.add(
            "%s: weight_map names '%s', but a shard must be a .safetensors file beside the index or"
                + " in a folder there, named without '\\', '..' or a '/' in front",
            file, name);
      }
    }
  }

  /** Other names that ranks have may also be those of stages, which hold whole tensors. */
  private static boolean isSplit(String name) {
    return RankFiles.of(name).equals(Optional.of(RankFiles.MODEL_PARALLEL));
  }

  /**
   * Returns whether a path leads to a safetensors file below the directory, whatever lies there.
   */
  private static boolean isInside(String path) {
    return path.endsWith(WeightFiles.SAFETENSORS)
        && path.chars().noneMatch(c -> c == '\\' || c < ' ')
        && Arrays.stream(path.split("/", -1))
            .noneMatch(
                part -> part.isEmpty() || part.equals(WeightFiles.SAFETENSORS) || isUpward(part));
  }

  private static boolean isUpward(String part) {
    return part.equals(".") || part.contains("..");
  }
}
