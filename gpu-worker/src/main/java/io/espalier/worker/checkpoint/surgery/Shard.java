package io.espalier.worker.checkpoint.surgery;

import io.espalier.worker.checkpoint.safetensors.HeaderWriter;
import io.espalier.worker.checkpoint.safetensors.SafetensorsHeader;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A file of a cut model before it is written.
 *
 * @param name its name
 * @param header what it will begin with
 * @param pieces its tensors by the names they get
 */
public record Shard(String name, SafetensorsHeader header, Map<String, Piece> pieces) {
  static Shard of(String name, List<Piece> pieces, Map<String, String> metadata) {
    return new Shard(
        name,
        HeaderWriter.layout(pieces.stream().map(Piece::header).toList(), metadata(metadata)),
        pieces.stream().collect(Collectors.toMap(p -> p.header().name(), Function.identity())));
  }

  /** Returns what a file says beside its tensors, given what was said before. */
  static Map<String, String> metadata(Map<String, String> before) {
    var all = new LinkedHashMap<>(before);
    SafetensorsWriter.PYTORCH.forEach(all::putIfAbsent);
    return all;
  }

  /** Its tensors in the order of their data. */
  List<Piece> inOrder() {
    return header.tensors().keySet().stream()
        .map(tensor -> Objects.requireNonNull(pieces.get(tensor)))
        .toList();
  }
}
