package io.espalier.worker.algorithm.evaluate;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.data.text.SquadAnswers;
import io.espalier.worker.data.text.SquadDataset;
import io.espalier.worker.data.text.SquadScores;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.ProblemType;
import io.espalier.worker.domain.model.TextTask;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Adds up what a model that reads text says, batch by batch. */
public final class TextMetrics implements Tally<TextMetrics> {
  private static final double PERCENT = 100;

  private final TextInput input;
  private final TextTask task;
  private final Optional<SquadAnswers> answers;
  private final Optional<LabelScores> labels;
  private final List<float[]> embeddings = new ArrayList<>();
  private final List<Double> lossesOfBatches = new ArrayList<>();
  private final List<Double> askedOfBatches = new ArrayList<>();
  private double loss;
  private long asked;

  /** Nothing said yet. */
  TextMetrics(TextInput input, TextDataset data) {
    this.input = input;
    this.task = input.task();
    this.answers =
        data instanceof SquadDataset questions
            ? Optional.of(questions.answers())
            : Optional.empty();
    this.labels = LabelScores.of(input);
  }

  /** Names of what is measured of a model. */
  public static List<String> names(TextInput input) {
    return switch (input.task()) {
      case QUESTION_ANSWERING -> List.of("exactMatch", "f1", "loss");
      case TEXT_CLASSIFICATION, TOKEN_CLASSIFICATION ->
          Stream.concat(LabelScores.names(input).stream(), Stream.of("loss")).toList();
      case FILL_MASK, TEXT_GENERATION -> List.of("loss", "perplexity");
      case FEATURE_EXTRACTION -> List.of("similarity");
    };
  }

  /**
   * Returns the name of the measure that says most of a model: F1 of questions, accuracy or F1 of
   * labels, the squared error of numbers, the loss of text, the similarity of embeddings.
   */
  public static String headline(TextInput input) {
    return input.task() == TextTask.QUESTION_ANSWERING ? "f1" : names(input).get(0);
  }

  /** As {@link #names}, of what needs no other model to compare with. */
  public static List<String> namesAlone(TextInput input) {
    return input.task() == TextTask.FEATURE_EXTRACTION ? List.of() : names(input);
  }

  void add(NDArray said, TokenBatch batch, int[] indices) {
    float[] numbers = said.toFloatArray();
    if (task == TextTask.FEATURE_EXTRACTION) {
      requireNumbers(numbers);
      int columns = numbers.length / batch.rows();
      for (int row = 0; row < batch.rows(); row++) {
        embeddings.add(Arrays.copyOfRange(numbers, row * columns, (row + 1) * columns));
      }
      asked += batch.rows();
      return;
    }
    TextLoss measure = TextLoss.of(input);
    float more = measure.sum(said, batch).getFloat();
    long of = measure.count(batch);
    loss += more;
    asked += of;
    lossesOfBatches.add((double) more);
    askedOfBatches.add((double) of);
    labels.ifPresent(all -> all.add(batch, numbers));
    answers.ifPresent(all -> all.add(indices, batch.length(), numbers));
  }

  private static void requireNumbers(float[] embeddings) {
    for (float number : embeddings) {
      if (!Float.isFinite(number)) {
        throw new InvalidInputException(
            "the model's embeddings hold %s, which is no number; are its weights damaged?"
                .formatted(number));
      }
    }
  }

  /** Mean loss by now, in nats but of models that say numbers; not a number for embeddings. */
  public double loss() {
    return task == TextTask.FEATURE_EXTRACTION ? Double.NaN : loss / asked;
  }

  /** Returns how many answers, texts or tokens were looked at. */
  public long samples() {
    return asked;
  }

  /**
   * Over all batches.
   *
   * @param original what the original says of the same data
   */
  public List<Measure> measures(TextMetrics original) {
    return task == TextTask.FEATURE_EXTRACTION
        ? List.of(Measure.fraction("similarity", similarity(original)))
        : measures();
  }

  /** Over all batches, without another model to compare with: nothing for embeddings. */
  public List<Measure> measures() {
    var measures = new ArrayList<Measure>();
    if (answers.isPresent()) {
      SquadScores scores = answers.get().scores();
      measures.add(Measure.fraction("exactMatch", scores.exact() / PERCENT));
      measures.add(Measure.fraction("f1", scores.f1() / PERCENT));
    }
    labels.ifPresent(all -> measures.addAll(all.measures()));
    if (task != TextTask.FEATURE_EXTRACTION) {
      measures.add(
          input.wantsNumbers() && input.problem() == ProblemType.REGRESSION
              ? Measure.squaredError("loss", loss())
              : Measure.loss(loss()));
    }
    if (task == TextTask.FILL_MASK || task == TextTask.TEXT_GENERATION) {
      measures.add(Measure.perplexity(loss()));
    }
    return measures;
  }

  /** As {@link #measures(TextMetrics)}, with what is behind the measures. */
  @Override
  public Judgement judgement(TextMetrics original) {
    return new Judgement(headline(input), measures(original), samples(original), samples());
  }

  /**
   * Returns the measure that says most of a model.
   *
   * @param original what the original says of the same data
   */
  public Measure headline(TextMetrics original) {
    String name = headline(input);
    return measures(original).stream()
        .filter(measure -> measure.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /**
   * The samples behind each measure, by its name: questions, texts, sentences; of losses batches,
   * which both models have the same of.
   *
   * @param original what the original says of the same data
   */
  public Map<String, MeasureSamples> samples(TextMetrics original) {
    var samples = new HashMap<String, MeasureSamples>();
    if (task == TextTask.FEATURE_EXTRACTION) {
      samples.put("similarity", MeasureSamples.mean(cosines(original)));
      return samples;
    }
    answers.ifPresent(
        all -> {
          List<SquadAnswers.Fit> fits = all.fits();
          samples.put("exactMatch", mean(fits, SquadAnswers.Fit::exact));
          samples.put("f1", mean(fits, SquadAnswers.Fit::f1));
        });
    labels.ifPresent(all -> samples.putAll(all.samples()));
    MeasureSamples losses = MeasureSamples.ratio(array(lossesOfBatches), array(askedOfBatches));
    samples.put("loss", losses);
    samples.put("perplexity", losses.then(Math::exp));
    return samples;
  }

  private static MeasureSamples mean(
      List<SquadAnswers.Fit> fits, ToDoubleFunction<SquadAnswers.Fit> value) {
    return MeasureSamples.mean(fits.stream().mapToDouble(value).toArray());
  }

  private static double[] array(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** Mean cosine of the angle between the embeddings of two models. */
  private double similarity(TextMetrics original) {
    double sum = 0;
    for (double cosine : cosines(original)) {
      sum += cosine;
    }
    return sum / embeddings.size();
  }

  private double[] cosines(TextMetrics original) {
    return IntStream.range(0, embeddings.size())
        .mapToDouble(i -> cosine(embeddings.get(i), original.embeddings.get(i)))
        .toArray();
  }

  private static double cosine(float[] one, float[] other) {
    double product = 0;
    double oneSquare = 0;
    double otherSquare = 0;
    for (int i = 0; i < one.length; i++) {
      product += (double) one[i] * other[i];
      oneSquare += (double) one[i] * one[i];
      otherSquare += (double) other[i] * other[i];
    }
    return product / Math.sqrt(oneSquare * otherSquare);
  }
}
