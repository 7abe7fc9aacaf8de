package io.espalier.worker.stage.evaluate;

import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.evaluate.TextEvaluation;
import io.espalier.worker.algorithm.evaluate.TextMetrics;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.data.text.TextDatasets;
import io.espalier.worker.data.text.TextSettings;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.tensor.Weights;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** A model that reads text, and texts with what is right; embeddings have no right and wrong. */
record TextSubject(TextModel model, TextDataset data, int batch) implements Subject {
  /**
   * Opens the data for a model.
   *
   * @throws InvalidInputException if they do not fit, or nothing is labelled
   */
  static TextSubject open(EvaluateSettings settings, ModelDirectory directory, URI uri, long seed) {
    var texts = new TextSettings(settings.maxLength(), settings.stride(), seed);
    TextInput input = TextModel.of(directory).network().input();
    TextModel model = TextModel.of(directory, texts.length(input));
    TextDataset data = TextDatasets.open(uri, input, directory.path(), texts);
    if (!data.labelled() && input.task() != TextTask.FEATURE_EXTRACTION) {
      throw new InvalidInputException(
          "data %s: nothing is labelled, so nothing says what is right; add a label to each line"
              .formatted(uri));
    }
    return new TextSubject(
        model, data.first(settings.samples()), settings.batch().orElse(TextEvaluation.BATCH));
  }

  @Override
  public List<String> measureNames() {
    return TextMetrics.namesAlone(model.network().input());
  }

  @Override
  public List<String> warnings() {
    return Stream.concat(model.network().warnings().stream(), data.warnings().stream()).toList();
  }

  @Override
  public Quality quality(Weights weights, Progress.Listener progress) {
    TextMetrics tally = TextEvaluation.tally(model.network(), weights, data, batch, progress);
    return new Quality(tally.measures(), tally.samples());
  }

  @Override
  public Latency latency(Weights weights, int repetitions) {
    return TextEvaluation.latencies(model.network(), List.of(weights), repetitions, model.tokens())
        .get(0);
  }

  @Override
  public String sample() {
    return String.format(Locale.ROOT, "one sequence of %d tokens", model.tokens());
  }

  @Override
  public String otherCause() {
    return "";
  }
}
