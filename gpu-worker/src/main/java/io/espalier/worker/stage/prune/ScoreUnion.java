package io.espalier.worker.stage.prune;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Union of two jobs' measurements of the same thing.
 *
 * <p>Files of scores say in some fields what they hold for, and have the scores by name in another.
 * If two differ in one field alone, the scores of both are taken, of the same name the later ones.
 * Otherwise they hold for different things or cannot be read, and the longer one stays, for it took
 * longer to measure.
 */
final class ScoreUnion {
  private static final ObjectMapper JSON = new ObjectMapper();

  private ScoreUnion() {}

  /** Returns what to keep of two files of the same name. */
  static byte[] of(byte[] earlier, byte[] later) {
    byte[] longer = earlier.length > later.length ? earlier : later;
    try {
      return union(JSON.readTree(earlier), JSON.readTree(later)).orElse(longer);
    } catch (IOException e) {
      return longer;
    }
  }

  private static Optional<byte[]> union(JsonNode earlier, JsonNode later) throws IOException {
    if (!(earlier instanceof ObjectNode all) || !(later instanceof ObjectNode more)) {
      return Optional.empty();
    }
    List<String> different =
        more.properties().stream()
            .filter(field -> !field.getValue().equals(all.get(field.getKey())))
            .map(field -> field.getKey())
            .toList();
    if (all.size() != more.size()
        || different.size() != 1
        || !(all.get(different.get(0)) instanceof ObjectNode scores)
        || !(more.get(different.get(0)) instanceof ObjectNode others)) {
      return Optional.empty();
    }
    scores.setAll(others);
    return Optional.of(JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(all));
  }
}
