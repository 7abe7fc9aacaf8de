package io.espalier.worker.algorithm.prune;

import io.espalier.worker.data.Fingerprint;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleSupplier;

/** Scores of candidates, kept in a file so that none is computed twice, after a kill either. */
public final class CandidateScores {
  private static final int NAME_DIGITS = 16;

  /**
   * Content of the file.
   *
   * @param fingerprint of everything that the numbers depend on but the candidates
   * @param scores by candidate in words; infinite where one says no numbers; in the order of trial,
   *     so that the file is the same in every run
   */
  record Content(String fingerprint, Map<String, Double> scores) {}

  private final Path file;
  private final String fingerprint;
  private final Map<String, Double> known = new LinkedHashMap<>();

  /**
   * The scores that are known by now.
   *
   * @param checkpoints directory of the file
   * @param name first part of the file's name
   * @param dependsOn everything that scores depend on but the candidates: model, data, settings
   */
  public CandidateScores(Path checkpoints, String name, Fingerprint dependsOn) {
    this.fingerprint = dependsOn.hex();
    this.file =
        checkpoints.resolve("%s-%s.json".formatted(name, fingerprint.substring(0, NAME_DIGITS)));
    ScoreFiles.read(file, Content.class, this::refusal)
        .ifPresent(found -> known.putAll(found.scores()));
  }

  private Optional<String> refusal(Content found) {
    return fingerprint.equals(found.fingerprint())
        ? Optional.empty()
        : Optional.of("it is of another model, data or settings");
  }

  /** Returns the score of a candidate: found, or measured and kept; infinite if it is no number. */
  public double of(String candidate, DoubleSupplier measured) {
    Double found = known.get(candidate);
    if (found != null) {
      return found;
    }
    double score = measured.getAsDouble();
    double safe = Double.isFinite(score) ? score : Double.POSITIVE_INFINITY;
    known.put(candidate, safe);
    ScoreFiles.write(file, new Content(fingerprint, new LinkedHashMap<>(known)));
    return safe;
  }
}
