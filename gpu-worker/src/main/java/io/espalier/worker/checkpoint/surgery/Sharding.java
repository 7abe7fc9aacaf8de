package io.espalier.worker.checkpoint.surgery;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.WeightFiles;
import io.espalier.worker.checkpoint.file.StrictJson;
import io.espalier.worker.checkpoint.file.Utf8Order;
import io.espalier.worker.checkpoint.safetensors.HeaderWriter;
import io.espalier.worker.checkpoint.safetensors.SafetensorsFile;
import io.espalier.worker.checkpoint.safetensors.SafetensorsHeader;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Spread of a written model's tensors over files.
 *
 * @param largest bytes of tensors that one file holds at most, except that a tensor larger than
 *     that has a file of its own; if empty, files hold what they held before
 */
public record Sharding(OptionalLong largest) {
  private static final Pattern SIZE = Pattern.compile("(\\d{1,19})((?:(?:[KMGT]i?)?B)?)");

  /** Each a power more than the one before. */
  private static final String UNITS = "BKMGT";

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

  /**
   * A size as Hugging Face's libraries take it: a whole number of bytes, or of {@code KB}, {@code
   * MB}, {@code GB}, {@code TB} (powers of 1000) or {@code KiB}, {@code MiB}, {@code GiB}, {@code
   * TiB} (powers of 1024), such as {@code 5GB}. Empty if it is no such size, or 0.
   */
  public static Optional<Sharding> of(String size) {
    Matcher matcher = SIZE.matcher(size);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String unit = matcher.group(2);
    long factor = 1;
    for (int i = 0; i < UNITS.indexOf(unit.isEmpty() ? 'B' : unit.charAt(0)); i++) {
      factor *= unit.contains("i") ? 1024 : 1000;
    }
    BigInteger bytes = new BigInteger(matcher.group(1)).multiply(BigInteger.valueOf(factor));
    return bytes.signum() == 0 || bytes.bitLength() >= Long.SIZE
        ? Optional.empty()
        : Optional.of(upTo(bytes.longValueExact()));
  }

  /** The files, in order of name; pieces come in the order of the forward pass. */
  List<Shard> spread(ModelDirectory model, List<Piece> pieces) {
    return largest.isPresent() ? fill(model, pieces, largest.getAsLong()) : stay(model, pieces);
  }

  /** Bytes of the headers of these files at most, whatever of the pieces is left. */
  long headerBytesAtMost(ModelDirectory model, List<Piece> whole) {
    if (largest.isEmpty()) {
      // If something is cut, no number in a header grows.
      return stay(model, whole).stream().mapToLong(shard -> shard.header().dataStart()).sum();
    }
    // As much into each file as fits takes no more files than any other way, and what fits into a
    // file while it is whole fits into one when it is cut: there will be no more files than now.
    int files = groups(whole, largest.getAsLong()).size();
    long end = whole.stream().mapToLong(piece -> piece.header().bytes()).sum();
    return HeaderWriter.bytesAtMost(
        whole.stream().map(Piece::header).toList(), Shard.metadata(metadata(model)), files, end);
  }

  /** Returns what the files of a model say beside their tensors, all together. */
  private static Map<String, String> metadata(ModelDirectory model) {
    var metadata = new LinkedHashMap<String, String>();
    model.shards().values().forEach(file -> file.metadata().forEach(metadata::putIfAbsent));
    return metadata;
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
    Map<String, String> metadata = metadata(model);
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

  /**
   * The index of files that are made of a model: as its own is, if it has one, but for what is in
   * the files and how much that is.
   */
  static ObjectNode index(ModelDirectory model, List<Shard> shards) {
    ObjectNode json =
        model.index().map(index -> index.json().deepCopy()).orElseGet(StrictJson::newObject);
    ObjectNode metadata = json.withObject("/metadata");
    metadata.put("total_size", sum(shards, SafetensorsHeader::dataBytes));
    if (metadata.has("total_parameters")) {
      metadata.put("total_parameters", sum(shards, SafetensorsHeader::elements));
    }
    var holders = new TreeMap<String, String>(Utf8Order.COMPARATOR);
    for (Shard shard : shards) {
      shard.pieces().keySet().forEach(tensor -> holders.put(tensor, shard.name()));
    }
    holders.forEach(json.putObject("weight_map")::put);
    return json;
  }

  private static long sum(List<Shard> shards, ToLongFunction<SafetensorsHeader> part) {
    return shards.stream().map(Shard::header).mapToLong(part).sum();
  }
}
