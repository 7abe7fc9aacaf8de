package io.espalier.worker.stage.prune;

import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.data.ImageDatasets;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.Problems;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.report.facts.DataFacts;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * The images of a pruning.
 *
 * @param search what scores are measured on
 * @param judge what before and after are measured on
 * @param searched where the former lie
 * @param uri where the latter lie
 */
record PruningImages(ImageDataset search, ImageDataset judge, URI searched, URI uri)
    implements PruningData {
  /** Check by an algorithm on the images of its search. */
  @FunctionalInterface
  interface Check {
    /** Returns what is wrong with images, if anything is. */
    Optional<String> problem(ImageDataset data, URI uri);
  }

  /**
   * Opens the images of a job.
   *
   * @param input what the model takes
   * @param batches of the search, if it is said; they must be there then
   * @param batchSize images per batch
   * @param check says what is wrong with images of the search, if anything is
   * @throws InvalidInputException with everything that is wrong with any of them
   */
  static PruningImages open(
      StageJob job, InputSpec input, OptionalInt batches, int batchSize, Check check) {
    URI searched = PruningData.searched(job, "images");
    URI judged = PruningData.judged(job, "images");
    Problems problems = Problems.ofSeveral();
    Optional<ImageDataset> search = problems.attempt(() -> ImageDatasets.openAny(searched, input));
    search
        .flatMap(images -> PruningData.tooFew(batches, batchSize, "images", images.size()))
        .ifPresent(problems::addText);
    search.flatMap(images -> check.problem(images, searched)).ifPresent(problems::addText);
    Optional<ImageDataset> judge =
        judged.equals(searched)
            ? search
            : problems.attempt(() -> ImageDatasets.openAny(judged, input));
    problems.throwIfAny();
    return new PruningImages(search.orElseThrow(), judge.orElseThrow(), searched, judged);
  }

  @Override
  public List<DataFacts> facts() {
    return List.of(
        new DataFacts("search", searched.toString(), search.fingerprint()),
        new DataFacts("before and after", uri.toString(), judge.fingerprint()));
  }

  @Override
  public String fingerprint() {
    return judge.fingerprint();
  }

  @Override
  public List<String> warnings() {
    return Stream.of(search, judge)
        .flatMap(images -> images.reading().warnings().stream())
        .distinct()
        .toList();
  }

  @Override
  public Map<String, String> reading() {
    return judge.reading().facts();
  }
}
