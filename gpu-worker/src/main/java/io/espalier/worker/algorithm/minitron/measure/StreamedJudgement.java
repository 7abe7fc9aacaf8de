package io.espalier.worker.algorithm.minitron.measure;

import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.algorithm.evaluate.Measure;
import io.espalier.worker.algorithm.evaluate.MeasureSamples;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Kept;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Judgement of decoders by the loss of the next token, layer by layer, so that a model need not fit
 * into memory.
 *
 * @param data what models are judged on
 * @param batchSize sequences that are computed at once
 * @param room for them in memory
 * @param checkpoints directory for states that memory has no room for
 */
public record StreamedJudgement(
    TextDataset data,
    int batchSize,
    MemoryLimits room,
    Path checkpoints,
    Progress.Listener progress) {
  /**
   * Judges a model.
   *
   * @param phase what is reported meanwhile
   * @throws InvalidInputException if the model says no numbers
   */
  public Judgement of(String phase, DecoderBlueprint model) {
    TokenBatches texts = TokenBatches.of(data, batchSize, Integer.MAX_VALUE);
    int layers = model.blocks().size();
    var loss = new NextTokenLoss(model.vocabulary().units());
    try (var stream = new LayerwiseForward(model, texts, room, checkpoints)) {
      stream.embed(Kept.all());
      for (List<Integer> group : stream.groups(IntStream.range(0, layers).boxed().toList())) {
        stream.layers(group, Kept.all());
        progress.report(Progress.of(phase, group.get(group.size() - 1) + 1, layers));
      }
      stream.scores(Kept.all(), loss);
    }
    RunningMean mean = loss.mean();
    if (!Double.isFinite(mean.value())) {
      throw new InvalidInputException(
          "%s: the model's scores are not numbers; are its weights damaged?"
              .formatted(model.model().directory().path()));
    }
    MeasureSamples sequences = mean.samples();
    return new Judgement(
        "loss",
        List.of(Measure.loss(mean.value()), Measure.perplexity(mean.value())),
        Map.of("loss", sequences, "perplexity", sequences.then(Math::exp)),
        mean.count());
  }
}
