package io.espalier.standalone.model;

import io.espalier.worker.stage.prune.ScoreShelf;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Resources for stages on this machine.
 *
 * @param heapMebibytes Java heap of each stage
 * @param threads threads of the tensor library
 * @param scores folder where scores of models are kept for other budgets, if they are
 */
public record LocalResources(int heapMebibytes, int threads, Optional<Path> scores) {
  Optional<ScoreShelf> shelf() {
    return scores.map(ScoreShelf::new);
  }
}
