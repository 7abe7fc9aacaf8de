package io.espalier.worker.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.checkpoint.file.DirectoryTree;
import io.espalier.worker.checkpoint.file.StrictJson;
import io.espalier.worker.checkpoint.safetensors.SafetensorsFile;
import io.espalier.worker.domain.Problems;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

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
    LfsPointer.check(tree, problems);
    problems.throwIfAny();
    Optional<ObjectNode> config = config();
    Optional<ObjectNode> preprocessor =
        Optional.ofNullable(tree.files().get(ModelDirectory.PREPROCESSOR))
            .flatMap(file -> problems.attempt(() -> StrictJson.object(file)));
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
    return problems.attempt(() -> StrictJson.object(file));
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
    return problems.attempt(() -> ShardIndex.read(file, problems));
  }

  private Map<String, SafetensorsFile> shards(Optional<ShardIndex> index) {
    var shards = new TreeMap<String, SafetensorsFile>();
    if (tree.files().containsKey(ShardIndex.FILE)) {
      index.ifPresent(i -> openShards(i.files(), shards));
    } else if (tree.files().containsKey(WeightFiles.SINGLE)) {
      openShards(Set.of(WeightFiles.SINGLE), shards);
    } else {
      problems.add("%s: %s", directory, noWeights());
    }
    if (index.isPresent() || !tree.files().containsKey(ShardIndex.FILE)) {
      checkStrayShards(index);
    }
    return shards;
  }

  private void openShards(Set<String> names, Map<String, SafetensorsFile> shards) {
    var missing = new ArrayList<String>();
    for (String name : names) {
      Path file = tree.files().get(name);
      if (file == null) {
        missing.add(name);
      } else {
        problems
            .attempt(() -> SafetensorsFile.open(file))
            .ifPresent(shard -> shards.put(name, shard));
      }
    }
    if (!missing.isEmpty()) {
      problems.add(
          "%s: %d of the %d shards that %s names are not there: %s; put them into the directory",
          directory, missing.size(), names.size(), ShardIndex.FILE, Problems.names(missing));
    }
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
    var absent = new TreeMap<String, List<String>>();
    index
        .shards()
        .forEach(
            (tensor, file) -> {
              SafetensorsFile shard = shards.get(file);
              if (shard != null && !shard.tensors().containsKey(tensor)) {
                note(absent, file, tensor);
              }
            });
    absent.forEach(
        (file, tensors) ->
            problems.add(
                "%s: %s puts tensors %s into '%s', which does not hold them; take index and shards"
                    + " from the same export",
                directory, ShardIndex.FILE, Problems.names(tensors), file));
    checkHolders(index, shards);
  }

  private void checkHolders(ShardIndex index, Map<String, SafetensorsFile> shards) {
    var holders = new TreeMap<String, List<String>>();
    shards.forEach(
        (file, shard) -> shard.tensors().keySet().forEach(tensor -> note(holders, tensor, file)));
    var repeated = new TreeMap<String, List<String>>();
    var unlisted = new TreeMap<String, List<String>>();
    holders.forEach(
        (tensor, files) -> {
          if (files.size() > 1) {
            note(repeated, Problems.names(files), tensor);
          }
          if (!index.shards().containsKey(tensor)) {
            note(unlisted, files.get(0), tensor);
          }
        });
    repeated.forEach(
        (files, tensors) ->
            problems.add(
                "%s: tensors %s are in several shards: %s; keep one of each, or merge them if they"
                    + " are parts, one per tensor-parallel rank",
                directory, Problems.names(tensors), files));
    unlisted.forEach(
        (file, tensors) ->
            problems.add(
                "%s: tensors %s are in shard '%s', but not in %s",
                directory, Problems.names(tensors), file, ShardIndex.FILE));
  }

  private String noWeights() {
    var split = new EnumMap<RankFiles, List<String>>(RankFiles.class);
    var foreign = new ArrayList<String>();
    var safe = new ArrayList<String>();
    for (String file : tree.files().keySet()) {
      Optional<RankFiles> kind = RankFiles.of(file);
      if (kind.isPresent()) {
        split.computeIfAbsent(kind.get(), any -> new ArrayList<>()).add(file);
      } else if (WeightFiles.isForeign(file)) {
        foreign.add(file);
      } else if (file.endsWith(WeightFiles.SAFETENSORS)) {
        safe.add(file);
      }
    }
    var found = new ArrayList<String>();
    split.forEach((kind, files) -> found.add(Problems.names(files) + ", " + kind.refusal()));
    if (!foreign.isEmpty()) {
      found.add(Problems.names(foreign) + ". " + WeightFiles.CONVERT);
    }
    if (!safe.isEmpty()) {
      found.add(Problems.names(safe) + ", but nothing that says which tensors are the model's");
    }
    return "wanted %s or %s, found %s"
        .formatted(
            WeightFiles.SINGLE,
            ShardIndex.FILE,
            found.isEmpty() ? "neither" : String.join("; and ", found));
  }

  private static void note(Map<String, List<String>> lists, String key, String value) {
    lists.computeIfAbsent(key, any -> new ArrayList<>()).add(value);
  }
}
