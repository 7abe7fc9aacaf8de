package io.espalier.worker.algorithm.prune;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/** Keeps the times of layers in a directory, one file per device. */
public final class LatencyStore {
  private static final double LONGEST_NANOS = 1e15;

  /**
   * Content of a file.
   *
   * @param device in words
   * @param nanos nanoseconds of one pass by size of the layer
   */
  record Times(String device, Map<String, Double> nanos) {}

  private final Path directory;

  public LatencyStore(Path directory) {
    this.directory = directory;
  }

  /** The times that are known of a device, by size of the layer; none if there is no sound file. */
  Map<String, Double> load(String device) {
    return ScoreFiles.read(file(device), Times.class, times -> refusal(device, times))
        .map(Times::nanos)
        .orElse(Map.of());
  }

  /** Keeps times in place of what is known of the device; whole or not at all. */
  void save(String device, Map<String, Double> nanos) {
    ScoreFiles.write(file(device), new Times(device, new TreeMap<>(nanos)));
  }

  Path file(String device) {
    UUID name = UUID.nameUUIDFromBytes(device.getBytes(StandardCharsets.UTF_8));
    return directory.resolve("layer-times-%s.json".formatted(name));
  }

  private static Optional<String> refusal(String device, Times times) {
    if (!device.equals(times.device())) {
      return Optional.of("it is of another device, " + times.device());
    }
    return times.nanos().entrySet().stream()
        .filter(time -> !isTime(time.getValue()))
        .map(time -> "'%s' takes %s ns".formatted(time.getKey(), time.getValue()))
        .findFirst();
  }

  private static boolean isTime(double nanos) {
    return nanos > 0 && nanos < LONGEST_NANOS;
  }
}
