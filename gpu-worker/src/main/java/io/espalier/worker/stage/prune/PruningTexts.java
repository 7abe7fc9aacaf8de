package io.espalier.worker.stage.prune;

import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.data.text.TextDatasets;
import io.espalier.worker.data.text.TextSettings;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.Problems;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.report.facts.DataFacts;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
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
record PruningTexts(TextDataset search, TextDataset judge, URI searched, URI uri)
    implements PruningData {
  @Override
  public List<DataFacts> facts() {
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
      return PruningData.tooFew(batches, batchSize, "sequences", search.size());
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
    URI searched = PruningData.searched(job, "texts");
    URI judged = PruningData.judged(job, "texts");
    Problems problems = Problems.ofSeveral();
    Optional<TextDataset> search = open(searched, job.input(), wanted, check, problems);
    search.flatMap(wanted::unmet).ifPresent(problems::addText);
    Optional<TextDataset> judge =
        judged.equals(searched) ? search : open(judged, job.input(), wanted, check, problems);
    problems.throwIfAny();
    return new PruningTexts(search.orElseThrow(), judge.orElseThrow(), searched, judged);
  }

  @Override
  public String fingerprint() {
    return judge.fingerprint();
  }

  @Override
  public List<String> warnings() {
    return Stream.of(search, judge).flatMap(texts -> texts.warnings().stream()).distinct().toList();
  }

  private static Optional<TextDataset> open(
      URI uri, Path model, Wanted wanted, Check check, Problems problems) {
    Optional<TextDataset> data =
        problems.attempt(() -> TextDatasets.open(uri, wanted.input(), model, wanted.settings()));
    data.flatMap(texts -> check.problem(texts, uri)).ifPresent(problems::addText);
    return data;
  }
}
