package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.algorithm.prune.ScoreFiles;
import io.espalier.worker.algorithm.search.SearchSpace.Choices;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Keeps sensitivity maps in a directory, one file per fingerprint, so that an interrupted
 * measurement goes on and another budget for the same model needs none.
 *
 * <p>A map is used only if its content carries the fingerprint that is asked for, and is what a
 * measurement may leave. One that does not, or that cannot be read, is measured anew and replaced.
 */
final class SensitivityStore {
  private static final int NAME_DIGITS = 16;

  private final Path directory;
  private final List<Choices> axes;

  /**
   * The maps in a directory.
   *
   * @param axes that they are of
   */
  SensitivityStore(Path directory, List<Choices> axes) {
    this.directory = directory;
    this.axes = List.copyOf(axes);
  }

  /** The stored map of a fingerprint, finished or not. */
  Optional<SensitivityMap> load(String fingerprint) {
    return ScoreFiles.read(
        file(fingerprint),
        SensitivityMap.class,
        map ->
            fingerprint.equals(map.fingerprint())
                ? MapCheck.problem(map, axes)
                : Optional.of("it is of another model, data or settings"));
  }

  /** Keeps a map; replaces the one of the same fingerprint whole or not at all. */
  void save(SensitivityMap map) {
    ScoreFiles.write(file(map.fingerprint()), map);
  }

  Path file(String fingerprint) {
    return directory.resolve(
        "fastnas-sensitivity-%s.json".formatted(fingerprint.substring(0, NAME_DIGITS)));
  }
}
