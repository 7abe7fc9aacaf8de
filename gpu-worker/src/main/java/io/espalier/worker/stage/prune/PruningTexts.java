package io.espalier.worker.stage.prune;

import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.data.text.TextDatasets;
import io.espalier.worker.data.text.TextSettings;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.report.facts.DataFacts;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * The texts of a pruning, by role: the search has {@code calibration}, or else {@code train}, or
 * else {@code eval}; before and after are measured on {@code eval}, or else on the same.
 *
 * @param search what scores are measured on
 * @param judge what before and after are measured on
 * @param searched where the former lie
 * @param uri where the latter lie
 */
record PruningTexts(TextDataset search, TextDataset judge, URI searched, URI uri) {
  /** Returns what reports tell of them. */
  List<DataFacts> facts() {
    return List.of(
        new DataFacts("search", searched.toString(), search.fingerprint()),
        new DataFacts("before and after", uri.toString(), judge.fingerprint()));
  }

  /**
   * Needs from texts.
   *
   * @param input what the model takes
   * @param settings how texts become sequences
   * @param batches of the search, if it is said; they must be there then
   * @param batchSize sequences per batch
   */
  record Wanted(TextInput input, TextSettings settings, OptionalInt batches, int batchSize) {
    /** Returns what is wrong with the texts of the search, if anything is. */
    private Optional<String> unmet(TextDataset search) {
      long wanted = (long) batches.orElse(0) * batchSize;
      return wanted <= search.size()
          ? Optional.empty()
          : Optional.of(
              "prune.batches: %d of %d sequences are %d, but the data of the search have %d; ask for fewer, or leave it out to use what there is"
                  .formatted(batches.getAsInt(), batchSize, wanted, search.size()));
    }
  }

  /** Check by an algorithm on all its texts. */
  @FunctionalInterface
  interface Check {
    /** Returns what is wrong with texts, if anything is. */
    Optional<String> problem(TextDataset data, URI uri);
  }

  /**
   * Opens the texts of a job.
   *
   * @throws InvalidInputException with everything that is wrong with any of them
   */
  static PruningTexts open(StageJob job, Wanted wanted, Check check) {
    URI searched = role(job.data(), "calibration", "train", "eval");
    URI judged = role(job.data(), "eval", "calibration", "train");
    var problems = new ArrayList<String>();
    Optional<TextDataset> search = open(searched, job.input(), wanted, check, problems);
    search.flatMap(wanted::unmet).ifPresent(problems::add);
    Optional<TextDataset> judge =
        judged.equals(searched) ? search : open(judged, job.input(), wanted, check, problems);
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems.stream().distinct().toList());
    }
    return new PruningTexts(search.orElseThrow(), judge.orElseThrow(), searched, judged);
  }

  /** Returns what of their files could have been meant otherwise than it was read, in sentences. */
  List<String> warnings() {
    return Stream.of(search, judge).flatMap(texts -> texts.warnings().stream()).distinct().toList();
  }

  private static Optional<TextDataset> open(
      URI uri, Path model, Wanted wanted, Check check, List<String> problems) {
    try {
      TextDataset data = TextDatasets.open(uri, wanted.input(), model, wanted.settings());
      check.problem(data, uri).ifPresent(problems::add);
      return Optional.of(data);
    } catch (InvalidInputException e) {
      problems.addAll(e.problems());
      return Optional.empty();
    }
  }

  private static URI role(Map<String, URI> data, String... roles) {
    return Stream.of(roles)
        .filter(data::containsKey)
        .map(data::get)
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "data: pruning needs texts; give at least one of calibration, train, eval in"
                        + " the policy's data or with the registered model"));
  }
}
