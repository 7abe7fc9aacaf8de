package io.espalier.worker.stage.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.checkpoint.file.FileListing;
import io.espalier.worker.checkpoint.store.ContentPin;
import io.espalier.worker.domain.StopCheck;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.stage.Json;
import io.espalier.worker.stage.Sha256;
import io.espalier.worker.stage.StageResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finished results by what made them: the same model, stage, spec, data, seed and target give the
 * same bits, so they need not be computed twice.
 *
 * <p>An index only: a file per key that points at a published artifact. Whether the artifact is
 * still there and whole is for the caller to verify by its digest.
 */
public final class StageCache {
  private static final Logger LOGGER = LoggerFactory.getLogger(StageCache.class);

  /**
   * A result to use again.
   *
   * @param artifact where its output was published
   * @param content digests that the output must have; older entries have the root digest only
   * @param result report and cost of the computation
   */
  public record Entry(URI artifact, ContentPin content, StageResult result) {}

  private final Path folder;
  private final DataDigests digests;

  /** The index in a folder. */
  public StageCache(Path folder) {
    this.folder = folder;
    this.digests = new DataDigests(folder.resolve("data"));
  }

  /**
   * Factors of a result besides the job.
   *
   * @param version version of the stage
   * @param inputDigest listing digest of the model that goes in
   * @param references listing digests of further models, by role
   * @param target device and number of threads that it would run on
   * @param data the files of each role's data; a role without has data that are elsewhere
   */
  public record Circumstances(
      String version,
      String inputDigest,
      Map<String, String> references,
      String target,
      Map<String, FileListing> data) {}

  /**
   * The key of a job: SHA-256 of all that its output depends on, 64 lower-case hexadecimal digits.
   *
   * <p>Data count by their contents, or if they are very large, by names, sizes and times of change
   * ({@link DataDigests}); their URI counts too, since reports name it.
   *
   * @throws io.espalier.worker.domain.ResourceException if data cannot be read
   */
  public String key(StageJob job, Circumstances circumstances, StopCheck stop) {
    ObjectNode data = Json.object();
    new TreeMap<>(job.data())
        .forEach(
            (role, uri) -> {
              FileListing listing = circumstances.data().get(role);
              data.put(
                  role, uri + " " + (listing == null ? "elsewhere" : digests.of(listing, stop)));
            });
    ObjectNode node =
        Json.object()
            .put("input", circumstances.inputDigest())
            .put("kind", job.kind().name().toUpperCase(Locale.ROOT)) // as when it was a symbol
            .put("version", circumstances.version())
            .put("spec", Json.canonical(job.spec()))
            .put("seed", job.seed())
            .put("target", circumstances.target());
    node.set("data", data);
    if (!circumstances.references().isEmpty()) {
      node.set("references", Json.texts(circumstances.references()));
    }
    return Sha256.hex(Json.line(node));
  }

  /** Returns what is known under a key; an unreadable entry is no entry. */
  public Optional<Entry> find(String key) {
    Path file = file(key);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      JsonNode node = Json.read(file);
      return Optional.of(
          new Entry(
              URI.create(node.required("artifact").textValue()),
              ContentPin.of(
                  node.required("rootDigest").textValue(), node.path("listingDigest").textValue()),
              ReportJson.result(node.required("result"))));
    } catch (RuntimeException e) {
      LOGGER.atWarn().setCause(e).addKeyValue("file", file).log("unreadable cache entry ignored");
      return Optional.empty();
    }
  }

  /**
   * Remembers a result under a key, in place of an older one. Failures are logged: what is
   * published is no worse for it.
   */
  public void remember(String key, Entry entry) {
    ObjectNode node =
        Json.object()
            .put("artifact", entry.artifact().toString())
            .put("rootDigest", entry.content().root().orElse(null))
            .put("listingDigest", entry.content().listing().orElse(null));
    node.set("result", ReportJson.of(entry.result()));
    try {
      Json.write(file(key), node);
    } catch (UncheckedIOException e) {
      LOGGER.atWarn().setCause(e).addKeyValue("key", key).log("result not stored");
    }
  }

  /** Forgets a key, since its artifact is gone or changed; failures are logged. */
  public void forget(String key) {
    try {
      Files.deleteIfExists(file(key));
    } catch (IOException e) {
      LOGGER.atWarn().setCause(e).addKeyValue("key", key).log("stored result not forgotten");
    }
  }

  private Path file(String key) {
    return folder.resolve(key.substring(0, 2)).resolve(key + ".json");
  }
}
