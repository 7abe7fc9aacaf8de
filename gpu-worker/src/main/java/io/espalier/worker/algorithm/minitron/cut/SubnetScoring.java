package io.espalier.worker.algorithm.minitron.cut;

import io.espalier.worker.algorithm.minitron.measure.KlDivergence;
import io.espalier.worker.algorithm.minitron.measure.LayerwiseForward;
import io.espalier.worker.algorithm.minitron.measure.LayerwiseForward.Slice;
import io.espalier.worker.algorithm.minitron.measure.MemoryLimits;
import io.espalier.worker.algorithm.minitron.measure.NextTokenLoss;
import io.espalier.worker.algorithm.minitron.measure.SubnetMetric;
import io.espalier.worker.algorithm.minitron.measure.TokenBatches;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.prune.CandidateScores;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Scores subnets of a model on texts, layer by layer, without writing them: each layer is loaded,
 * cut in memory and dropped. Scores are kept, so that none is computed twice.
 */
public final class SubnetScoring implements CandidateScoring {
  private final DecoderBlueprint blueprint;
  private final TokenBatches texts;
  private final SubnetMetric score;
  private final MemoryLimits room;
  private final Path checkpoints;
  private final CandidateScores known;
  private @Nullable LayerwiseForward original;

  /**
   * Scoring on texts.
   *
   * @param fingerprint of model, texts and what units are chosen by
   * @param checkpoints directory for scores and hidden states
   */
  public SubnetScoring(
      DecoderBlueprint blueprint,
      TokenBatches texts,
      SubnetMetric score,
      MemoryLimits room,
      String fingerprint,
      Path checkpoints) {
    this.blueprint = blueprint;
    this.texts = texts;
    this.score = score;
    this.room = room;
    this.checkpoints = checkpoints;
    this.known = CandidateScoring.known(fingerprint, score, checkpoints);
  }

  @Override
  public double of(String subnet, Kept kept, List<Integer> layers) {
    return known.of(subnet, () -> measure(kept, layers));
  }

  private double measure(Kept kept, List<Integer> layers) {
    try (var stream = new LayerwiseForward(blueprint, texts, room, checkpoints)) {
      stream.run(kept, layers);
      return score == SubnetMetric.LOSS ? loss(stream, kept) : divergence(stream, kept);
    }
  }

  /** Mean cross entropy of what comes out of a stream. */
  private double loss(LayerwiseForward stream, Kept kept) {
    var loss = new NextTokenLoss(blueprint.vocabulary().units());
    stream.scores(kept, loss);
    return loss.mean().value();
  }

  /** Mean over real tokens of how far what is said is from what the original says. */
  private double divergence(LayerwiseForward stream, Kept kept) {
    LayerwiseForward before = original();
    var divergence = new KlDivergence(blueprint.vocabulary().units());
    for (Slice slice : stream.slices()) {
      try (Weights original = before.end(Kept.all(), slice);
          Weights own = stream.end(kept, slice)) {
        stream.forEachSequence(
            sequence ->
                divergence.hear(
                    before.scores(original, sequence),
                    stream.scores(own, sequence),
                    slice.from(),
                    sequence));
      }
    }
    return divergence.mean().value();
  }

  /** The original in front of its last normalisation, run once. */
  private LayerwiseForward original() {
    if (original == null) {
      original = new LayerwiseForward(blueprint, texts, room, checkpoints);
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
