package io.espalier.worker.checkpoint.surgery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.checkpoint.file.AtomicFile;
import io.espalier.worker.checkpoint.file.Failures;
import io.espalier.worker.checkpoint.file.FileDigest;
import io.espalier.worker.checkpoint.file.StrictJson;
import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Digests that were computed while files were written, so that publishing need not read the files
 * again. A digest holds for as long as the file is the one that was written: same size, time of
 * change and identity.
 *
 * <p>The process that writes remembers them and leaves them in a file beside the directory, where
 * the process that publishes finds them.
 */
public final class WrittenDigests {
  private static final Logger LOGGER = LoggerFactory.getLogger(WrittenDigests.class);

  /** Files this JVM wrote, by absolute path; a JVM that writes models does one job and ends. */
  private static final Map<Path, Written> MEMORY = new ConcurrentHashMap<>();

  private record Written(FileDigest digest, String stamp) {}

  private WrittenDigests() {}

  /** Remembers a file that has its final name. */
  static void note(Path file, FileDigest digest) throws IOException {
    MEMORY.put(file.toAbsolutePath().normalize(), new Written(digest, stamp(file)));
  }

  /**
   * Leaves the digests of what this JVM wrote into a directory beside that directory.
   *
   * @throws io.espalier.worker.domain.WorkerException if that fails
   */
  public static void save(Path directory) {
    Path root = directory.toAbsolutePath().normalize();
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    MEMORY.forEach(
        (file, written) -> {
          if (file.startsWith(root)) {
            node.putObject(written.digest().path())
                .put("bytes", written.digest().bytes())
                .put("sha256", written.digest().sha256())
                .put("stamp", written.stamp());
          }
        });
    try {
      AtomicFile.write(beside(root), StrictJson.bytes(node));
    } catch (IOException e) {
      throw Failures.writing(root, e);
    }
  }

  /** The digests of a directory's files that still hold, by path; none if nobody left any. */
  public static Map<String, FileDigest> of(Path directory) {
    Map<String, FileDigest> digests = new HashMap<>();
    Path file = beside(directory.toAbsolutePath().normalize());
    if (!Files.isRegularFile(file)) {
      return digests;
    }
    try {
      for (Map.Entry<String, JsonNode> written : StrictJson.object(file).properties()) {
        JsonNode value = written.getValue();
        if (stamp(directory.resolve(written.getKey())).equals(value.path("stamp").textValue())) {
          digests.put(
              written.getKey(),
              new FileDigest(
                  written.getKey(),
                  value.required("bytes").longValue(),
                  value.required("sha256").textValue()));
        }
      }
    } catch (IOException | InvalidInputException | IllegalArgumentException e) {
      LOGGER.atDebug().setCause(e).addKeyValue("file", file).log("digests are computed anew");
      digests.clear();
    }
    return digests;
  }

  private static Path beside(Path directory) {
    return directory.resolveSibling(directory.getFileName() + ".digests.json");
  }

  private static String stamp(Path file) throws IOException {
    var attributes = Files.readAttributes(file, BasicFileAttributes.class);
    return "%d %d %s"
        .formatted(
            attributes.size(),
            attributes.lastModifiedTime().to(TimeUnit.NANOSECONDS),
            attributes.fileKey());
  }
}
