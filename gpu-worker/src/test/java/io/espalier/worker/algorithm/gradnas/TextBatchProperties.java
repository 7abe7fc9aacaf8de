package io.espalier.worker.algorithm.gradnas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.PropertySeed;
import io.espalier.worker.algorithm.evaluate.Measure;
import io.espalier.worker.algorithm.evaluate.SampleLossData;
import io.espalier.worker.algorithm.evaluate.TextEvaluation;
import io.espalier.worker.algorithm.evaluate.TextLoss;
import io.espalier.worker.algorithm.evaluate.TextMetrics;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/**
 * Tests that outputs, losses and gradients of models of every task do not depend on what else is in
 * a batch, its size, and what it is filled up to: all is as transformers has it of each sequence
 * alone.
 */
final class TextBatchProperties {
  private static final double TOLERANCE = 2e-5;

  private static final List<String> OF_TOKENS =
      List.of(
          "answers", "answers-positions-by-ids", "tags", "masked", "next-dynamic", "next-longrope");

  private static final List<String> OF_TEXTS =
      List.of(
          "embeddings",
          "labels",
          "labels-several",
          "values",
          "values-two",
          "labels-padding-is-end",
          "labels-without-padding");

  /** GradNAS does not score experts. */
  private static final String EXPERTS = "next-experts";

  @Provide
  Arbitrary<String> models() {
    return Arbitraries.of(
        Stream.of(OF_TOKENS, OF_TEXTS, List.of(EXPERTS)).flatMap(List::stream).toList());
  }

  @Provide
  Arbitrary<String> ofTexts() {
    return Arbitraries.of(OF_TEXTS);
  }

  @Provide
  Arbitrary<String> scored() {
    return Arbitraries.of(Stream.of(OF_TOKENS, OF_TEXTS).flatMap(List::stream).toList());
  }

  @Property(tries = 150, seed = PropertySeed.FIXED, edgeCases = EdgeCasesMode.NONE)
  void losses_and_metrics_are_those_of_sequences_alone(
      @ForAll @From("models") String name,
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 7) int batch,
      @ForAll @IntRange(max = 5) int padding) {
    GoldenRows rows = GoldenRows.of(name);
    GoldenRows drawn = rows.ordered(order(rows.size(), seed), padding);
    TextNetwork network = rows.model().network();
    try (Weights weights = weights(rows)) {
      TextMetrics alone = TextEvaluation.tally(network, weights, rows, 1, Progress.Listener.NONE);

      TextMetrics found =
          TextEvaluation.tally(network, weights, drawn, batch, Progress.Listener.NONE);

      if (network.input().task() == TextTask.FEATURE_EXTRACTION) {
        TextMetrics same = TextEvaluation.tally(network, weights, drawn, 1, Progress.Listener.NONE);
        assertThat(found.measures(same).get(0).value()).isCloseTo(1, within(1e-6));
        return;
      }
      double expected = meanLoss(rows);
      assertThat(found.loss()).isCloseTo(expected, within(TOLERANCE * expected));
      Map<String, Double> wanted = values(alone.measures());
      found
          .measures()
          .forEach(
              measure ->
                  assertThat(measure.value())
                      .as(measure.name())
                      .isCloseTo(
                          wanted.get(measure.name()),
                          within(1e-4 * Math.abs(wanted.get(measure.name())))));
    }
  }

  @Property(tries = 100, seed = PropertySeed.FIXED, edgeCases = EdgeCasesMode.NONE)
  void scores_of_texts_are_those_that_transformers_gives_each_alone(
      @ForAll @From("ofTexts") String name,
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 7) int batch,
      @ForAll @IntRange(max = 5) int padding) {
    GoldenRows rows = GoldenRows.of(name);
    GoldenRows drawn = rows.ordered(order(rows.size(), seed), padding);
    int[] some = IntStream.range(0, batch).toArray();
    try (Weights weights = weights(rows);
        NDManager manager = PyTorch.newManager();
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      TokenBatch tokens = drawn.batch(some);

      float[] said =
          rows.model()
              .network()
              .forward(weights, Tokens.of(manager, tokens), ForwardHooks.NONE)
              .toFloatArray();

      double[] wanted =
          IntStream.of(some)
              .boxed()
              .flatMapToDouble(i -> numbers(drawn.row(i)).stream().mapToDouble(x -> x))
              .toArray();
      double largest = Arrays.stream(wanted).map(Math::abs).max().orElseThrow();
      assertThat(said).hasSize(wanted.length);
      for (int i = 0; i < said.length; i++) {
        assertThat((double) said[i]).isCloseTo(wanted[i], within(TOLERANCE * Math.max(1, largest)));
      }
    }
  }

  @Property(tries = 100, seed = PropertySeed.FIXED, edgeCases = EdgeCasesMode.NONE)
  void gradients_are_those_of_sequences_alone(
      @ForAll @From("scored") String name,
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 7) int piece,
      @ForAll @IntRange(max = 5) int padding) {
    GoldenRows rows = GoldenRows.of(name);
    GoldenRows drawn = rows.ordered(order(rows.size(), seed), padding);
    int[] all = IntStream.range(0, rows.size()).toArray();

    try (Weights weights = weights(rows)) {
      MaskGradients.Of wanted = gradients(rows, weights, rows, all, 1);
      MaskGradients.Of found = gradients(rows, weights, drawn, all, piece);

      assertThat(found.mean())
          .isCloseTo(wanted.mean(), within(TOLERANCE * Math.max(1, Math.abs(wanted.mean()))));
      wanted
          .byAxis()
          .forEach(
              (axis, expected) ->
                  assertThat(found.byAxis().get(axis))
                      .as(axis)
                      .containsExactly(expected, within(1e-4f * largest(expected))));
    }
  }

  private static MaskGradients.Of gradients(
      GoldenRows rows, Weights weights, GoldenRows data, int[] all, int piece) {
    TextInput input = rows.model().network().input();
    TextLoss loss = input.task() == TextTask.FEATURE_EXTRACTION ? new Probe(1) : TextLoss.of(input);
    List<Axis> axes = rows.model().architecture().prunableAxes();
    try (var gradients = new MaskGradients(weights, axes, piece)) {
      return gradients.of(SampleLossData.ofTexts(rows.model().network(), loss, data), all, "all");
    }
  }

  /** By what transformers says of each sequence: over texts, or over tokens that are asked. */
  private static double meanLoss(GoldenRows rows) {
    TextTask task = rows.model().network().input().task();
    double sum = 0;
    double count = 0;
    for (JsonNode row : rows.rows()) {
      int asked = 0;
      for (JsonNode label : row.path("labels")) {
        asked += label.asInt() == TokenBatch.IGNORED ? 0 : 1;
      }
      double weight =
          switch (task) {
            case QUESTION_ANSWERING, TEXT_CLASSIFICATION, FEATURE_EXTRACTION -> 1;
            case TOKEN_CLASSIFICATION, FILL_MASK -> asked;
            case TEXT_GENERATION -> asked - 1; // the first token follows none
          };
      sum += weight * row.path("loss").asDouble();
      count += weight;
    }
    return sum / count;
  }

  private static List<Double> numbers(JsonNode row) {
    return IntStream.range(0, row.path("scores").size())
        .mapToObj(i -> row.path("scores").path(i).asDouble())
        .toList();
  }

  private static Map<String, Double> values(List<Measure> measures) {
    var values = new HashMap<String, Double>();
    measures.forEach(measure -> values.put(measure.name(), measure.value()));
    return values;
  }

  private static Weights weights(GoldenRows rows) {
    return Weights.load(rows.model().directory(), rows.model().architecture());
  }

  private static List<Integer> order(int size, long seed) {
    var order = new ArrayList<>(IntStream.range(0, size).boxed().toList());
    Collections.shuffle(order, new Random(seed));
    return order;
  }

  private static float largest(float[] values) {
    float largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }
}
