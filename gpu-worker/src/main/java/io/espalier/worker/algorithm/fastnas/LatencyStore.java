package io.espalier.worker.algorithm.fastnas;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.domain.WorkerException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps the times of layers in a directory, one JSON file per device. */
final class LatencyStore {
  private static final Logger LOGGER = LoggerFactory.getLogger(LatencyStore.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * What a file holds.
   *
   * @param device in words
   * @param nanos nanoseconds of one pass by size of the layer
   */
  record Times(String device, Map<String, Double> nanos) {}

  private final Path directory;

  LatencyStore(Path directory) {
    this.directory = directory;
  }

  /** The times that are known of a device, by size of the layer; none if there is no sound file. */
  Map<String, Double> load(String device) {
    Path file = file(device);
    if (!Files.exists(file)) {
      return Map.of();
    }
    try {
      Times times = JSON.readValue(file.toFile(), Times.class);
      boolean sound =
          device.equals(times.device())
              && times.nanos().values().stream().allMatch(t -> t != null && t > 0 && t < 1e15);
      if (sound) {
        return times.nanos();
      }
      LOGGER.warn("refused times of another device, or that are none; file={}", file);
    } catch (JsonProcessingException | NullPointerException e) {
      LOGGER.warn("refused an unreadable file of times; file={} problem={}", file, e.toString());
    } catch (IOException e) {
      throw new WorkerException("cannot read %s: %s".formatted(file, e), true, e);
    }
    return Map.of();
  }

  /** Keeps times in place of what is known of the device; whole or not at all. */
  void save(String device, Map<String, Double> nanos) {
    Path file = file(device);
    Path sibling = file.resolveSibling(file.getFileName() + ".new");
    try {
      Files.createDirectories(directory);
      JSON.writerWithDefaultPrettyPrinter()
          .writeValue(sibling.toFile(), new Times(device, new TreeMap<>(nanos)));
      Files.move(
          sibling, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new WorkerException("cannot write %s: %s".formatted(file, e), true, e);
    }
  }

  Path file(String device) {
    UUID name = UUID.nameUUIDFromBytes(device.getBytes(StandardCharsets.UTF_8));
    return directory.resolve("layer-times-%s.json".formatted(name));
  }
}
