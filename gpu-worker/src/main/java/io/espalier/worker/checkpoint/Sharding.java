package io.espalier.worker.checkpoint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/**
 * How the tensors of a model that is written are spread over files.
 *
 * @param largest bytes of tensors that one file holds at most, except that a tensor larger than
 *     that has a file of its own; if empty, files hold what they held before
 */
public record Sharding(OptionalLong largest) {
  /** Spread over files; there must be room in one. */
  public Sharding {
    if (largest.isPresent() && largest.getAsLong() < 1) {
      throw new IllegalArgumentException("files of %d bytes".formatted(largest.getAsLong()));
    }
  }

  /**
   * Every tensor stays in its file. A file of which nothing is left is gone, and those that are
   * numbered among others are numbered anew.
   */
  public static Sharding asBefore() {
    return new Sharding(OptionalLong.empty());
  }

  /**
   * As many tensors to a file as fit, in the order of the forward pass; a single {@code
   * model.safetensors} if all do, otherwise {@code model-00001-of-00002.safetensors} and so on with
   * an index.
   */
  public static Sharding upTo(long bytes) {
    return new Sharding(OptionalLong.of(bytes));
  }

  /** The files, in order of name; pieces come in the order of the forward pass. */
  List<Shard> spread(ModelDirectory model, List<Piece> pieces) {
    return largest.isPresent() ? fill(model, pieces, largest.getAsLong()) : stay(model, pieces);
  }

  private static List<Shard> stay(ModelDirectory model, List<Piece> pieces) {
    Map<SafetensorsFile, List<Piece>> held =
        pieces.stream().collect(Collectors.groupingBy(Piece::from));
    var files = new LinkedHashMap<String, SafetensorsFile>();
    model
        .shards()
        .forEach(
            (name, file) -> {
              if (!model.sharded() || held.containsKey(file)) {
                files.put(name, file);
              }
            });
    boolean numbered = files.keySet().stream().allMatch(WeightFiles::isShardName);
    boolean renumber = numbered && files.size() < model.shards().size();
    var shards = new ArrayList<Shard>();
    files.forEach(
        (name, file) ->
            shards.add(
                Shard.of(
                    renumber ? WeightFiles.shardName(shards.size(), files.size()) : name,
                    held.getOrDefault(file, List.of()),
                    file.metadata())));
    return shards;
  }

  private static List<Shard> fill(ModelDirectory model, List<Piece> pieces, long largest) {
    List<List<Piece>> groups = groups(pieces, largest);
    var metadata = new LinkedHashMap<String, String>();
    model.shards().values().forEach(file -> file.metadata().forEach(metadata::putIfAbsent));
    if (groups.size() == 1) {
      return List.of(Shard.of(WeightFiles.SINGLE, groups.get(0), metadata));
    }
    var shards = new ArrayList<Shard>();
    for (List<Piece> group : groups) {
      String name = WeightFiles.shardName(shards.size(), groups.size());
      shards.add(Shard.of(name, group, metadata));
    }
    return shards;
  }

  private static List<List<Piece>> groups(List<Piece> pieces, long largest) {
    var groups = new ArrayList<List<Piece>>(List.of(new ArrayList<>()));
    long room = largest;
    for (Piece piece : pieces) {
      if (piece.header().bytes() > room && room < largest) {
        groups.add(new ArrayList<>());
        room = largest;
      }
      groups.get(groups.size() - 1).add(piece);
      room -= piece.header().bytes();
    }
    return groups;
  }
}
