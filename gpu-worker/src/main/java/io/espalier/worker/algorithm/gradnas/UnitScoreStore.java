package io.espalier.worker.algorithm.gradnas;

import io.espalier.worker.algorithm.prune.ScoreFiles;
import io.espalier.worker.domain.model.Axis;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.DoubleStream;

/**
 * Keeps scores of units in a directory, one file per fingerprint, so that an interrupted
 * measurement goes on and another budget for the same model needs none.
 */
final class UnitScoreStore {
  private static final int NAME_DIGITS = 16;
  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final Path directory;
  private final List<Axis> axes;
  private long saved = System.nanoTime() - PAUSE_NANOS;

  /** A store of scores of axes. */
  UnitScoreStore(Path directory, Collection<Axis> axes) {
    this.directory = directory;
    this.axes = List.copyOf(axes);
  }

  /**
   * The stored scores of a fingerprint, finished or not.
   *
   * @param most batches that there can be
   */
  Optional<UnitScores> load(String fingerprint, int most) {
    return ScoreFiles.read(
        file(fingerprint), UnitScores.class, found -> refusal(found, fingerprint, most));
  }

  /** Keeps scores, unless others were kept a moment ago and these are not the last. */
  void save(UnitScores scores, boolean last) {
    if (last || System.nanoTime() - saved >= PAUSE_NANOS) {
      ScoreFiles.write(file(scores.fingerprint()), scores);
      saved = System.nanoTime();
    }
  }

  private Optional<String> refusal(UnitScores found, String fingerprint, int most) {
    if (!fingerprint.equals(found.fingerprint())) {
      return Optional.of("it is of another model, data or settings");
    }
    if (found.batches() < 1 || found.batches() > most || !Double.isFinite(found.loss())) {
      return Optional.of(
          "it is of %d of %d batches with a loss of %s"
              .formatted(found.batches(), most, found.loss()));
    }
    Map<String, double[]> scores = found.byAxis();
    for (Axis axis : axes) {
      double[] values = scores.getOrDefault(axis.name(), new double[0]);
      if (values.length != axis.units()
          || !DoubleStream.of(values).allMatch(value -> value >= 0 && Double.isFinite(value))) {
        return Optional.of(
            "axis '%s' has not a score of at least 0 for each of its %d units"
                .formatted(axis.name(), axis.units()));
      }
    }
    return Optional.empty();
  }

  private Path file(String fingerprint) {
    return directory.resolve(
        "gradnas-scores-%s.json".formatted(fingerprint.substring(0, NAME_DIGITS)));
  }
}
