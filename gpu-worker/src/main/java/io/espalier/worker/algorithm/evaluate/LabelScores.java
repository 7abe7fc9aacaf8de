package io.espalier.worker.algorithm.evaluate;

import io.espalier.worker.data.TextInput;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.data.text.LabelCounts;
import io.espalier.worker.data.text.LabelSetCounts;
import io.espalier.worker.data.text.TagCounts;
import io.espalier.worker.data.text.ValueCounts;
import io.espalier.worker.domain.model.TextTask;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Quality of the labels or numbers that a model gives texts or tokens, batch by batch. */
interface LabelScores {
  /** Takes what was said of a batch, see {@link TextLoss#sum}. */
  void add(TokenBatch batch, float[] said);

  /** Over all batches by now. */
  List<Measure> measures();

  /** The texts behind each measure, by its name. */
  Map<String, MeasureSamples> samples();

  /** Those of a model; nothing by now. Empty if it gives no labels. */
  static Optional<LabelScores> of(TextInput input) {
    if (input.task() == TextTask.TOKEN_CLASSIFICATION) {
      return Optional.of(new OfTokens(input.labels()));
    }
    if (input.task() != TextTask.TEXT_CLASSIFICATION) {
      return Optional.empty();
    }
    int labels = input.labels().size();
    return Optional.of(
        switch (input.problem()) {
          case SINGLE_LABEL -> new Single(new LabelCounts(labels));
          case MULTI_LABEL -> new Several(new LabelSetCounts(labels));
          case REGRESSION -> new Values(new ValueCounts(labels));
        });
  }

  /** Names of the measures of a model that gives labels. */
  static List<String> names(TextInput input) {
    if (input.task() == TextTask.TOKEN_CLASSIFICATION) {
      return TagCounts.hasEntities(input.labels())
          ? List.of("accuracy", "f1")
          : List.of("accuracy");
    }
    return switch (input.problem()) {
      case SINGLE_LABEL -> List.of("accuracy", "f1");
      case MULTI_LABEL -> List.of("f1Micro", "f1Macro");
      case REGRESSION -> List.of("meanSquaredError", "pearson");
    };
  }

  /** Texts that have one label each. */
  record Single(LabelCounts counts) implements LabelScores {
    @Override
    public void add(TokenBatch batch, float[] said) {
      counts.add(batch.labels(), said);
    }

    @Override
    public List<Measure> measures() {
      return List.of(
          Measure.fraction("accuracy", counts.accuracy()),
          Measure.fraction("f1", counts.macroF1()));
    }

    @Override
    public Map<String, MeasureSamples> samples() {
      int texts = Math.toIntExact(counts.texts());
      return Map.of(
          "accuracy", new MeasureSamples(texts, times -> counts.drawn(times).accuracy()),
          "f1", new MeasureSamples(texts, times -> counts.drawn(times).macroF1()));
    }
  }

  /** Texts that may have several labels. */
  record Several(LabelSetCounts counts) implements LabelScores {
    @Override
    public void add(TokenBatch batch, float[] said) {
      counts.add(batch.targets(), said);
    }

    @Override
    public List<Measure> measures() {
      return List.of(
          Measure.fraction("f1Micro", counts.microF1()),
          Measure.fraction("f1Macro", counts.macroF1()));
    }

    @Override
    public Map<String, MeasureSamples> samples() {
      return Map.of(
          "f1Micro", new MeasureSamples(counts.texts(), times -> counts.drawn(times).microF1()),
          "f1Macro", new MeasureSamples(counts.texts(), times -> counts.drawn(times).macroF1()));
    }
  }

  /** Texts that have numbers. */
  record Values(ValueCounts counts) implements LabelScores {
    @Override
    public void add(TokenBatch batch, float[] said) {
      counts.add(batch.targets(), said);
    }

    @Override
    public List<Measure> measures() {
      return List.of(
          Measure.squaredError("meanSquaredError", counts.meanSquaredError()),
          Measure.correlation("pearson", counts.pearson()));
    }

    @Override
    public Map<String, MeasureSamples> samples() {
      return Map.of(
          "meanSquaredError",
          new MeasureSamples(counts.texts(), times -> counts.drawn(times).meanSquaredError()),
          "pearson",
          new MeasureSamples(counts.texts(), times -> pearson(counts.drawn(times))));
    }

    private static double pearson(ValueCounts drawn) {
      return drawn.hasCorrelation() ? drawn.pearson() : Double.NaN;
    }
  }

  /** Tokens that have one label each. */
  record OfTokens(TagCounts counts, boolean entities) implements LabelScores {
    OfTokens(List<String> labels) {
      this(new TagCounts(labels), TagCounts.hasEntities(labels));
    }

    @Override
    public void add(TokenBatch batch, float[] said) {
      counts.add(batch, said);
    }

    @Override
    public List<Measure> measures() {
      Measure accuracy = Measure.fraction("accuracy", counts.accuracy());
      return entities ? List.of(accuracy, Measure.fraction("f1", counts.f1())) : List.of(accuracy);
    }

    @Override
    public Map<String, MeasureSamples> samples() {
      int sentences = counts.sentences();
      return Map.of(
          "accuracy", new MeasureSamples(sentences, times -> counts.drawn(times).accuracy()),
          "f1", new MeasureSamples(sentences, times -> counts.drawn(times).f1()));
    }
  }
}
