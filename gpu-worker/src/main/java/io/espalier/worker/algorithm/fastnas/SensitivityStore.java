package io.espalier.worker.algorithm.fastnas;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.domain.WorkerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps sensitivity maps in a directory, one JSON file per fingerprint, so that an interrupted
 * measurement goes on and another budget for the same model needs none.
 *
 * <p>A map is used only if its content carries the fingerprint that is asked for. One that does
 * not, or that cannot be read, is measured anew and replaced.
 */
final class SensitivityStore {
  private static final Logger LOGGER = LoggerFactory.getLogger(SensitivityStore.class);
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
  private static final int NAME_DIGITS = 16;

  private final Path directory;

  SensitivityStore(Path directory) {
    this.directory = directory;
  }

  /** The stored map of a fingerprint, finished or not. */
  Optional<SensitivityMap> load(String fingerprint) {
    Path file = file(fingerprint);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      SensitivityMap map = JSON.readValue(file.toFile(), SensitivityMap.class);
      if (fingerprint.equals(map.fingerprint())) {
        return Optional.of(map);
      }
      LOGGER.warn(
          "refused a sensitivity map of another model, data set or score; file={} found={} wanted={}",
          file,
          map.fingerprint(),
          fingerprint);
    } catch (JsonProcessingException | IllegalArgumentException e) {
      LOGGER.warn("refused an unreadable sensitivity map; file={} problem={}", file, e.toString());
    } catch (IOException e) {
      throw new WorkerException("cannot read %s: %s".formatted(file, e), true, e);
    }
    return Optional.empty();
  }

  /** Keeps a map; replaces the one of the same fingerprint whole or not at all. */
  void save(SensitivityMap map) {
    Path file = file(map.fingerprint());
    Path sibling = file.resolveSibling(file.getFileName() + ".new");
    try {
      Files.createDirectories(directory);
      JSON.writerWithDefaultPrettyPrinter().writeValue(sibling.toFile(), map);
      Files.move(
          sibling, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new WorkerException("cannot write %s: %s".formatted(file, e), true, e);
    }
  }

  Path file(String fingerprint) {
    return directory.resolve(
        "fastnas-sensitivity-%s.json".formatted(fingerprint.substring(0, NAME_DIGITS)));
  }
}
