package io.espalier.worker.stage.prune;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.report.facts.DataFacts;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * The data of a pruning, by role: the search has {@code calibration}, or else {@code train}, or
 * else {@code eval}; before and after are measured on {@code eval}, or else on the same.
 */
interface PruningData {
  /** Returns what reports tell of them. */
  List<DataFacts> facts();

  /** Returns where those lie that before and after are measured on. */
  URI uri();

  /** SHA-256 of those. */
  String fingerprint();

  /** Returns what of their files could have been meant otherwise than it was read, in sentences. */
  List<String> warnings();

  /** Returns how they become numbers, by key, as reports have it. */
  default Map<String, String> reading() {
    return Map.of();
  }

  /**
   * Returns where the data of the search lie.
   *
   * @param samples what they are, in the plural
   * @throws InvalidInputException if there are none
   */
  static URI searched(StageJob job, String samples) {
    return role(job, samples, "calibration", "train", "eval");
  }

  /** Returns where the data lie that before and after are measured on, as {@link #searched}. */
  static URI judged(StageJob job, String samples) {
    return role(job, samples, "eval", "calibration", "train");
  }

  private static URI role(StageJob job, String samples, String... roles) {
    return Stream.of(roles)
        .filter(job.data()::containsKey)
        .map(job.data()::get)
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "data: pruning needs %s; give at least one of calibration, train, eval in the policy's data or with the registered model"
                        .formatted(samples)));
  }

  /**
   * Returns why data are too few for batches that are asked for, if they are.
   *
   * @param batches if their number is said; they must be there then
   * @param samples what they are, in the plural
   * @param found how many there are
   */
  static Optional<String> tooFew(OptionalInt batches, int batchSize, String samples, int found) {
    long wanted = (long) batches.orElse(0) * batchSize;
    return wanted <= found
        ? Optional.empty()
        : Optional.of(
            "prune.batches: %d of %d %s are %d, but the data of the search have %d; ask for fewer, or leave it out to use what there is"
                .formatted(batches.getAsInt(), batchSize, samples, wanted, found));
  }
}
