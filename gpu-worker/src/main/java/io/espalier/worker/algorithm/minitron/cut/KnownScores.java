package io.espalier.worker.algorithm.minitron.cut;

import io.espalier.worker.algorithm.minitron.measure.SubnetMetric;
import io.espalier.worker.algorithm.prune.ScoreFiles;
import io.espalier.worker.data.Fingerprint;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleSupplier;

/** Scores of subnets that are kept in a file, so that none is computed twice. */
final class KnownScores {
  private static final int NAME_DIGITS = 16;

  private final Path checkpoints;
  private SubnetScores known;

  /**
   * The scores that are known by now.
   *
   * @param fingerprint of model, data and what units are chosen by
   * @param checkpoints directory for them
   */
  KnownScores(String fingerprint, SubnetMetric score, Path checkpoints) {
    this.checkpoints = checkpoints;
    String own = new Fingerprint().add(fingerprint).add("score " + score.key()).hex();
    this.known =
        ScoreFiles.read(file(own), SubnetScores.class, found -> refusal(found, own))
            .orElseGet(() -> new SubnetScores(own, Map.of()));
  }

  private static Optional<String> refusal(SubnetScores found, String fingerprint) {
    return fingerprint.equals(found.fingerprint())
        ? Optional.empty()
        : Optional.of("it is of another model, data or settings");
  }

  private Path file(String fingerprint) {
    return checkpoints.resolve(
        "minitron-versions-%s.json".formatted(fingerprint.substring(0, NAME_DIGITS)));
  }

  /** Returns the score of a subnet: found, or measured and kept; infinite if it is no number. */
  double of(String subnet, DoubleSupplier measured) {
    Double found = known.scores().get(subnet);
    if (found != null) {
      return found;
    }
    double mean = measured.getAsDouble();
    double safe = Double.isFinite(mean) ? mean : Double.POSITIVE_INFINITY;
    known = known.with(subnet, safe);
    ScoreFiles.write(file(known.fingerprint()), known);
    return safe;
  }
}
