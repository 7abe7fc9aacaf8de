package io.espalier.worker.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.checkpoint.file.AtomicFile;
import io.espalier.worker.checkpoint.file.Failures;
import io.espalier.worker.checkpoint.file.FileDigest;
import io.espalier.worker.checkpoint.file.StrictJson;
import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A manifest as a JSON file: {@code {"rootDigest": ..., "listingDigest": ..., "files": [{"path",
 * "bytes", "sha256"}]}}, files in the manifest's order.
 */
public final class ManifestFile {
  private ManifestFile() {}

  /**
   * Writes a manifest.
   *
   * @throws io.espalier.worker.domain.WorkerException if that fails
   */
  public static void write(Path file, Manifest manifest) {
    try {
      AtomicFile.write(file, StrictJson.bytes(json(manifest)));
    } catch (IOException e) {
      throw Failures.writing(file, e);
    }
  }

  public static ObjectNode json(Manifest manifest) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("rootDigest", manifest.rootDigest());
    node.put("listingDigest", manifest.listingDigest());
    ArrayNode files = node.putArray("files");
    for (FileDigest file : manifest.files()) {
      files
          .addObject()
          .put("path", file.path())
          .put("bytes", file.bytes())
          .put("sha256", file.sha256());
    }
    return node;
  }

  /** A manifest read back; its digests must be those of its files. Older ones have one digest. */
  public static Manifest manifest(JsonNode node) {
    List<FileDigest> files = new ArrayList<>();
    for (JsonNode file : node.required("files")) {
      files.add(
          new FileDigest(
              file.required("path").textValue(),
              file.required("bytes").longValue(),
              file.required("sha256").textValue()));
    }
    var manifest = new Manifest(files);
    boolean same =
        manifest.rootDigest().equals(node.required("rootDigest").textValue())
            && manifest
                .listingDigest()
                .equals(node.path("listingDigest").asText(manifest.listingDigest()));
    if (!same) {
      throw new InvalidInputException("a list of files does not have the digest that it names");
    }
    return manifest;
  }
}
