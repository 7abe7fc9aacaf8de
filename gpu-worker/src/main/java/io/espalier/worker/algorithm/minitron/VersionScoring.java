package io.espalier.worker.algorithm.minitron;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.evaluate.TextLoss;
import io.espalier.worker.algorithm.prune.ScoreFiles;
import io.espalier.worker.data.Fingerprint;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.tensor.T;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Scores versions of a model on texts, layer by layer, without writing them: each layer is loaded,
 * cut in memory and dropped. Scores are kept, so that none is computed twice.
 */
final class VersionScoring implements AutoCloseable {
  private static final int NAME_DIGITS = 16;

  private final Blueprint blueprint;
  private final Texts texts;
  private final Score score;
  private final long stateBytes;
  private final Path checkpoints;
  private VersionScores known;
  private @Nullable LayerStream original;

  /**
   * Scoring on texts.
   *
   * @param fingerprint of model, texts and what units are chosen by
   * @param checkpoints directory for scores and hidden states
   */
  VersionScoring(
      Blueprint blueprint,
      Texts texts,
      Score score,
      long stateBytes,
      String fingerprint,
      Path checkpoints) {
    this.blueprint = blueprint;
    this.texts = texts;
    this.score = score;
    this.stateBytes = stateBytes;
    this.checkpoints = checkpoints;
    String own = new Fingerprint().add(fingerprint).add("score " + score.key()).hex();
    this.known =
        ScoreFiles.read(file(own), VersionScores.class, found -> refusal(found, own))
            .orElseGet(() -> new VersionScores(own, Map.of()));
  }

  private static Optional<String> refusal(VersionScores found, String fingerprint) {
    return fingerprint.equals(found.fingerprint())
        ? Optional.empty()
        : Optional.of("it is of another model, data or settings");
  }

  private Path file(String fingerprint) {
    return checkpoints.resolve(
        "minitron-versions-%s.json".formatted(fingerprint.substring(0, NAME_DIGITS)));
  }

  /**
   * The score of a version.
   *
   * @param version names it among all versions by the same units
   * @param kept its units, without layers
   * @param layers its layers by their numbers in the model, ascending
   * @return mean over all tokens that are asked; infinite if the version says no numbers
   */
  double of(String version, Kept kept, List<Integer> layers) {
    Double found = known.scores().get(version);
    if (found != null) {
      return found;
    }
    double mean = measure(kept, layers);
    double safe = Double.isFinite(mean) ? mean : Double.POSITIVE_INFINITY;
    known = known.with(version, safe);
    ScoreFiles.write(file(known.fingerprint()), known);
    return safe;
  }

  private double measure(Kept kept, List<Integer> layers) {
    try (var stream = new LayerStream(blueprint, texts, stateBytes, checkpoints)) {
      stream.run(kept, layers);
      return score == Score.LOSS ? loss(stream, kept) : divergence(stream, kept);
    }
  }

  /** Mean cross entropy of what comes out of a stream. */
  private double loss(LayerStream stream, Kept kept) {
    TextLoss loss = TextLoss.of(blueprint.network().input().task());
    var mean = new Mean();
    stream.scores(
        kept,
        (scores, row, batch, position) ->
            mean.add(loss.sum(scores, row).getFloat(), loss.count(row)));
    return mean.value();
  }

  /** Mean over real tokens of how far what is said is from what the original says. */
  private double divergence(LayerStream stream, Kept kept) {
    LayerStream before = original();
    var mean = new Mean();
    try (Weights end = before.end(Kept.all())) {
      stream.scores(
          kept,
          (scores, row, batch, position) -> {
            NDArray wanted = before.scores(end, batch, position, row);
            mean.add(divergence(wanted, scores, row), count(row));
          });
    }
    return mean.value();
  }

  /** Sum over real tokens of {@code Σ p · (log p - log q)}; (1, tokens, vocabulary) each. */
  static double divergence(NDArray wanted, NDArray found, TokenBatch row) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray p = T.logSoftmax(wanted, 2);
      NDArray q = T.logSoftmax(found, 2);
      NDArray each = T.sum(T.multiply(T.exp(p), T.subtract(p, q)), 2); // (1, tokens)
      NDArray mask = T.of(each.getManager(), row.mask(), 1, row.length());
      return T.sum(T.multiply(each, T.inTypeOf(each, mask))).getFloat();
    }
  }

  private static long count(TokenBatch row) {
    return IntStream.range(0, row.length()).filter(token -> row.mask()[token] == 1).count();
  }

  /** The original in front of its last normalisation, run once. */
  private LayerStream original() {
    if (original == null) {
      original = new LayerStream(blueprint, texts, stateBytes, checkpoints);
      original.run(Kept.all(), IntStream.range(0, blueprint.blocks().size()).boxed().toList());
    }
    return original;
  }

  @Override
  public void close() {
    if (original != null) {
      original.close();
    }
  }
}
