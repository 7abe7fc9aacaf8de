package io.espalier.worker.algorithm.gradnas;

import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.algorithm.evaluate.LossData;
import io.espalier.worker.algorithm.evaluate.SampleLossData;
import io.espalier.worker.algorithm.evaluate.TextEvaluation;
import io.espalier.worker.algorithm.evaluate.TextLoss;
import io.espalier.worker.algorithm.evaluate.TextMetrics;
import io.espalier.worker.algorithm.prune.TextTiming;
import io.espalier.worker.algorithm.prune.VersionTiming;
import io.espalier.worker.algorithm.reconstruct.transformer.SequencePasses;
import io.espalier.worker.algorithm.reconstruct.transformer.StackPasses;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.transformer.StackedNetwork;
import io.espalier.worker.tensor.Weights;
import java.util.Optional;

/**
 * A model that reads text, and texts.
 *
 * @param searched what gradients are measured on; with labels unless the model gives embeddings
 * @param judged what before and after are measured on
 * @param device times models
 */
public record GradNasTexts(
    TextModel model, TextDataset searched, TextDataset judged, TextTiming device)
    implements GradNasSubject<TextModel> {

  /** A model that is timed on this device. */
  public GradNasTexts(TextModel model, TextDataset searched, TextDataset judged) {
    this(model, searched, judged, TextTiming.onDevice(model.tokens()));
  }

  @Override
  public TextModel open(ModelDirectory cut) {
    return TextModel.of(cut, model.tokens());
  }

  @Override
  public LossData search(long seed) {
    TextLoss loss =
        model.input().task() == TextTask.FEATURE_EXTRACTION
            ? new Probe(seed)
            : TextLoss.of(model.input());
    return SampleLossData.ofTexts(model.network(), loss, searched);
  }

  @Override
  public Baseline<TextModel> baseline(Weights original, int batch, Progress.Listener progress) {
    TextMetrics before = tally(model, original, batch, progress);
    return new Baseline<>() {
      @Override
      public Judgement original() {
        return before.judgement(before);
      }

      @Override
      public Judgement of(TextModel cut, Weights weights, Progress.Listener heard) {
        return tally(cut, weights, batch, heard).judgement(before);
      }
    };
  }

  private TextMetrics tally(TextModel of, Weights weights, int batch, Progress.Listener progress) {
    return TextEvaluation.tally(of.network(), weights, judged, batch, progress);
  }

  @Override
  public VersionTiming timing() {
    return VersionTiming.of(device, model.network());
  }

  @Override
  public Optional<StackPasses> passes(int batch, long seed) {
    return model.network() instanceof StackedNetwork network
        ? Optional.of(new SequencePasses(network, searched.drawn(SOLVED_EXAMPLES, seed), batch))
        : Optional.empty();
  }
}
