package io.espalier.worker.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.domain.InvalidInputException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Opens a model directory, going on after a problem as far as that makes sense. */
final class ModelDirectoryReader {
  private final Path directory;
  private final Problems problems = new Problems();
  private final DirectoryTree tree;

  ModelDirectoryReader(Path directory) {
    this.directory = directory;
    this.tree = DirectoryTree.list(directory, problems);
  }

  ModelDirectory read() {
    // A link out of the directory must not even be followed to be read.
    problems.throwIfAny();
    Optional<ObjectNode> config = config();
    Optional<ObjectNode> preprocessor =
        Optional.ofNullable(tree.files().get(ModelDirectory.PREPROCESSOR))
            .flatMap(file -> attempt(() -> StrictJson.object(file)));
    Optional<ShardIndex> index = index();
    Map<String, SafetensorsFile> shards = shards(index);
    index.ifPresent(i -> checkIndex(i, shards));
    problems.throwIfAny();
    return new ModelDirectory(tree, config.orElseThrow(), preprocessor, index, shards);
  }

  private Optional<ObjectNode> config() {
    Path file = tree.files().get(ModelDirectory.CONFIG);
    if (file == null) {
      problems.add(
          "%s: wanted %s, which says what the model is, found none; is this a model directory as"
              + " Hugging Face or timm writes it?",
          directory, ModelDirectory.CONFIG);
      return Optional.empty();
    }
    return attempt(() -> StrictJson.object(file));
  }

  private Optional<ShardIndex> index() {
    Path file = tree.files().get(ShardIndex.FILE);
    if (file == null) {
      return Optional.empty();
    }
    if (tree.files().containsKey(WeightFiles.SINGLE)) {
      problems.add(
          "%s: has both %s and %s; remove the one that does not belong to the model",
          directory, WeightFiles.SINGLE, ShardIndex.FILE);
    }
    return attempt(() -> ShardIndex.read(file, problems));
  }

  private Map<String, SafetensorsFile> shards(Optional<ShardIndex> index) {
    var shards = new TreeMap<String, SafetensorsFile>();
    if (tree.files().containsKey(ShardIndex.FILE)) {
      index.map(ShardIndex::files).stream()
          .flatMap(Collection::stream)
          .forEach(name -> openShard(name, shards));
    } else if (tree.files().containsKey(WeightFiles.SINGLE)) {
      openShard(WeightFiles.SINGLE, shards);
    } else {
      problems.add("%s: %s", directory, noWeights());
    }
    if (index.isPresent() || !tree.files().containsKey(ShardIndex.FILE)) {
      checkStrayShards(index);
    }
    return shards;
  }

  private void openShard(String name, Map<String, SafetensorsFile> shards) {
    Path file = tree.files().get(name);
    if (file == null) {
      problems.add("%s: shard '%s' is in %s, but not there", directory, name, ShardIndex.FILE);
      return;
    }
    attempt(() -> SafetensorsFile.open(file)).ifPresent(shard -> shards.put(name, shard));
  }

  private void checkStrayShards(Optional<ShardIndex> index) {
    for (String name : tree.files().keySet()) {
      if (WeightFiles.isShardName(name) && index.map(i -> !i.files().contains(name)).orElse(true)) {
        problems.add(
            "%s: '%s' looks like a shard, but %s",
            directory,
            name,
            index.isPresent()
                ? ShardIndex.FILE + " does not name it"
                : "there is no " + ShardIndex.FILE);
      }
    }
  }

  private void checkIndex(ShardIndex index, Map<String, SafetensorsFile> shards) {
    var holders = new HashMap<String, List<String>>();
    shards.forEach(
        (file, shard) ->
            shard
                .tensors()
                .keySet()
                .forEach(
                    tensor -> holders.merge(tensor, List.of(file), ModelDirectoryReader::join)));
    index
        .shards()
        .forEach(
            (tensor, file) -> {
              SafetensorsFile shard = shards.get(file);
              if (shard != null && !shard.tensors().containsKey(tensor)) {
                problems.add(
                    "%s: %s puts tensor '%s' into '%s', which does not hold it",
                    directory, ShardIndex.FILE, tensor, file);
              }
            });
    new TreeMap<>(holders)
        .forEach(
            (tensor, files) -> {
              if (files.size() > 1) {
                problems.add("%s: tensor '%s' is in several shards: %s", directory, tensor, files);
              }
              if (!index.shards().containsKey(tensor)) {
                problems.add(
                    "%s: tensor '%s' is in shard '%s', but not in %s",
                    directory, tensor, files.get(0), ShardIndex.FILE);
              }
            });
  }

  private String noWeights() {
    List<String> foreign = tree.files().keySet().stream().filter(WeightFiles::isForeign).toList();
    String wanted = "wanted %s or %s, found ".formatted(WeightFiles.SINGLE, ShardIndex.FILE);
    return foreign.isEmpty()
        ? wanted + "neither"
        : "%s%s. %s".formatted(wanted, foreign, WeightFiles.CONVERT);
  }

  private <T> Optional<T> attempt(Supplier<T> reading) {
    try {
      return Optional.of(reading.get());
    } catch (InvalidInputException e) {
      problems.addAll(e);
      return Optional.empty();
    }
  }

  private static List<String> join(List<String> a, List<String> b) {
    return Stream.concat(a.stream(), b.stream()).toList();
  }
}
