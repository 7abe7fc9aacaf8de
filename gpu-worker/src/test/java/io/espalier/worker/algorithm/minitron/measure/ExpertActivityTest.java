package io.espalier.worker.algorithm.minitron.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.minitron.GoldenTexts;
import io.espalier.worker.algorithm.minitron.NaiveExperts;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.minitron.size.LayerExperts;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests of experts' outputs and their neurons' activations, against loops over their weights. */
final class ExpertActivityTest {
  private static final int CHOSEN = 2;

  @TempDir Path checkpoints;

  private static DecoderBlueprint blueprint(String golden) {
    return DecoderBlueprint.of(TextModel.of(Golden.of(golden).model()));
  }

  private ActivationScores measure(
      DecoderBlueprint blueprint,
      GoldenTexts texts,
      ScoreAggregation tokens,
      ScoreAggregation sequences) {
    var settings =
        new ActivationSettings(
            texts.count(), 8, tokens, sequences, ImportanceCriterion.ACTIVATION, 1 << 20, 1);
    return new ActivationMeasurement(blueprint, settings, texts, "data")
        .measure(checkpoints, Progress.Listener.NONE);
  }

  /** The sequences of a fixture, of which so many tokens are real and the others padding. */
  private static TokenBatch padded(String golden, int... real) {
    TokenBatch all = GoldenTexts.ofModel(golden).get(0);
    int length = all.length();
    long[] mask = new long[real.length * length];
    for (int row = 0; row < real.length; row++) {
      Arrays.fill(mask, row * length, row * length + real[row], 1);
    }
    long[] ids = Arrays.copyOf(all.ids(), mask.length);
    return new TokenBatch(real.length, length, ids, mask, new long[mask.length], ids.clone());
  }

  /** Output of the normalisation before the feed-forward part for each real token. */
  private static final class Read implements ForwardHooks {
    private final TokenBatch batch;
    private final Map<String, List<List<Double>>> tokens = new LinkedHashMap<>();

    Read(TokenBatch batch) {
      this.batch = batch;
    }

    @Override
    public NDArray normed(String module, NDArray normed) {
      float[] values = normed.toFloatArray();
      int hidden = values.length / batch.mask().length;
      List<List<Double>> real =
          IntStream.range(0, batch.mask().length)
              .filter(token -> batch.mask()[token] == 1)
              .mapToObj(
                  token ->
                      IntStream.range(token * hidden, (token + 1) * hidden)
                          .mapToObj(i -> (double) values[i])
                          .toList())
              .toList();
      tokens.put(module, real);
      return normed;
    }
  }

  /** For each batch, what each expert says to each real token that chose it. */
  private static List<List<List<NaiveExperts.Said>>> said(
      DecoderBlueprint blueprint, GoldenTexts texts, int layer) {
    int count = blueprint.experts(layer).orElseThrow().counted().units();
    return ask(
        blueprint,
        texts,
        layer,
        (experts, tokens) -> {
          List<List<NaiveExperts.Said>> each = new ArrayList<>();
          IntStream.range(0, count).forEach(expert -> each.add(new ArrayList<>()));
          for (List<Double> token : tokens) {
            experts.of(token).forEach((expert, what) -> each.get(expert).add(what));
          }
          return each;
        });
  }

  /** For each batch, what the experts of a layer are asked about the real tokens that they read. */
  private static <A> List<A> ask(
      DecoderBlueprint blueprint,
      GoldenTexts texts,
      int layer,
      BiFunction<NaiveExperts, List<List<Double>>, A> question) {
    String block = blueprint.blocks().get(layer);
    int count = blueprint.experts(layer).orElseThrow().counted().units();
    boolean normalised =
        blueprint.model().directory().config().path("norm_topk_prob").asBoolean(true);
    var answers = new ArrayList<A>();
    try (NDManager manager = PyTorch.newManager();
        var scope = new NDScope();
        Weights weights =
            Weights.load(blueprint.model().directory(), blueprint.architecture(), manager)) {
      scope.suppressNotUsedWarning();
      var experts = new NaiveExperts(weights, block, count, CHOSEN, normalised);
      for (TokenBatch batch : texts.batches()) {
        var read = new Read(batch);
        blueprint.network().encode(weights, Tokens.of(manager, batch), read);
        answers.add(question.apply(experts, read.tokens.get(block + ".post_attention_layernorm")));
      }
    }
    return answers;
  }

  private static double over(ScoreAggregation aggregation, List<Double> values) {
    ToDoubleFunction<Double> square = value -> value * value;
    return switch (aggregation) {
      case MEAN -> values.stream().mapToDouble(Math::abs).average().orElse(0);
      case L2 -> Math.sqrt(values.stream().mapToDouble(square).sum());
      case MAX -> values.stream().mapToDouble(Math::abs).max().orElse(0);
    };
  }

  @ParameterizedTest
  @CsvSource({
    "mixtral, 0, MEAN, L2",
    "mixtral, 1, MEAN, L2",
    "qwen2-moe, 0, MEAN, L2",
    "qwen2-moe, 2, MAX, MEAN",
    "qwen3-moe, 0, MEAN, L2",
    "qwen3-moe, 2, MEAN, L2",
    "qwen3-moe, 2, L2, MEAN",
    "mixtral, 1, MAX, MAX"
  })
  void scores_are_those_that_loops_over_real_tokens_find(
      String golden, int layer, ScoreAggregation tokens, ScoreAggregation sequences) {
    DecoderBlueprint blueprint = blueprint(golden);
    var texts =
        new GoldenTexts(
            List.of(padded(golden, 20, 11, 3), padded(golden, 2), padded(golden, 7, 1)));
    List<List<List<NaiveExperts.Said>>> said = said(blueprint, texts, layer);

    ActivationScores found = measure(blueprint, texts, tokens, sequences);

    LayerExperts experts = blueprint.experts(layer).orElseThrow();
    double[] scores = new double[experts.counted().units()];
    for (int expert = 0; expert < scores.length; expert++) {
      int number = expert;
      scores[expert] =
          said.stream()
              .flatMap(batch -> batch.get(number).stream())
              .mapToDouble(NaiveExperts.Said::length)
              .average()
              .orElse(0);
      double[] neurons = new double[experts.neurons().get(expert).units()];
      for (int neuron = 0; neuron < neurons.length; neuron++) {
        int unit = neuron;
        List<Double> each =
            said.stream()
                .map(batch -> batch.get(number))
                .filter(heard -> !heard.isEmpty())
                .map(heard -> heard.stream().map(what -> what.activated().get(unit)).toList())
                .map(values -> over(tokens, values))
                .toList();
        neurons[neuron] = over(sequences, each);
      }
      requireClose(found.neurons(layer, expert), neurons);
    }
    requireClose(found.experts(layer), scores);
    assertThat(said.get(1)).as("experts that some batch does not reach").anyMatch(List::isEmpty);
  }

  /** An expert that few tokens chose adds little, however much it adds to each. */
  @Test
  void an_expert_contributes_what_it_adds_to_all_tokens_together() {
    DecoderBlueprint blueprint = blueprint("qwen3-moe");
    var texts = new GoldenTexts(List.of(padded("qwen3-moe", 20, 11, 3), padded("qwen3-moe", 7)));
    List<List<List<NaiveExperts.Said>>> said = said(blueprint, texts, 2);
    ActivationScores heard = measure(blueprint, texts, ScoreAggregation.MEAN, ScoreAggregation.L2);

    ActivationScores found = ImportanceCriterion.CONTRIBUTION.of(heard);

    double[] sums =
        IntStream.range(0, 6)
            .mapToDouble(
                expert ->
                    said.stream()
                        .flatMap(batch -> batch.get(expert).stream())
                        .mapToDouble(NaiveExperts.Said::length)
                        .sum())
            .toArray();
    requireClose(found.experts(2), sums);
    double[] means = heard.experts(2);
    assertThat(IntStream.range(1, 6).boxed())
        .as("how many stay, others than by the mean")
        .anyMatch(
            left ->
                !Arrays.equals(UnitSelection.first(sums, left), UnitSelection.first(means, left)));
  }

  /** Of texts one by one, since every text is a sequence of its own for what all tokens share. */
  @ParameterizedTest
  @CsvSource({"0, MEAN, L2", "2, L2, MAX"})
  void neurons_that_all_tokens_share_are_scored_by_all_real_tokens(
      int layer, ScoreAggregation tokens, ScoreAggregation sequences) {
    DecoderBlueprint blueprint = blueprint("qwen2-moe");
    var texts =
        new GoldenTexts(
            List.of(padded("qwen2-moe", 20), padded("qwen2-moe", 11), padded("qwen2-moe", 1)));
    List<List<NaiveExperts.Said>> said =
        ask(
            blueprint,
            texts,
            layer,
            (experts, read) -> read.stream().map(experts::shared).toList());

    ActivationScores found = measure(blueprint, texts, tokens, sequences);

    double[] wanted = new double[40];
    for (int neuron = 0; neuron < wanted.length; neuron++) {
      int unit = neuron;
      wanted[neuron] =
          over(
              sequences,
              said.stream()
                  .map(heard -> heard.stream().map(what -> what.activated().get(unit)).toList())
                  .map(values -> over(tokens, values))
                  .toList());
    }
    requireClose(found.sharedNeurons(layer), wanted);
  }

  /** One real token has two experts; the nineteen of padding have others, which do not count. */
  @Test
  void an_expert_that_only_padding_chose_is_worth_nothing() {
    DecoderBlueprint blueprint = blueprint("qwen3-moe");

    ActivationScores found =
        measure(
            blueprint,
            new GoldenTexts(List.of(padded("qwen3-moe", 1))),
            ScoreAggregation.MEAN,
            ScoreAggregation.MEAN);

    for (int layer : new int[] {0, 2}) {
      double[] experts = found.experts(layer);
      assertThat(Arrays.stream(experts).filter(score -> score > 0)).hasSize(CHOSEN);
      for (int expert = 0; expert < experts.length; expert++) {
        double strongest = Arrays.stream(found.neurons(layer, expert)).max().orElseThrow();
        assertThat(strongest > 0).isEqualTo(experts[expert] > 0);
      }
    }
  }

  private static void requireClose(double[] found, double[] wanted) {
    double largest = Arrays.stream(wanted).max().orElseThrow();
    assertThat(found).hasSize(wanted.length);
    for (int i = 0; i < wanted.length; i++) {
      assertThat(found[i]).isCloseTo(wanted[i], within(1e-5 * largest));
    }
  }

  @Test
  void a_layer_is_scored_by_what_it_has_and_a_file_without_is_not_taken() throws IOException {
    DecoderBlueprint blueprint = blueprint("qwen3-moe");
    var texts = new GoldenTexts(List.of(padded("qwen3-moe", 20, 11)));
    ActivationScores first = measure(blueprint, texts, ScoreAggregation.MEAN, ScoreAggregation.L2);

    assertThat(first.layers().get(1).units().keySet())
        .containsExactly("neurons", "heads", "hidden", "what reads neurons", "what reads heads");
    assertThat(first.layers().get(2).units().keySet())
        .hasSize(1 + 6 + 2 + 1 + 6 + 1)
        .contains("experts", "what reads experts")
        .contains("neurons of expert 5", "what reads neurons of expert 5")
        .doesNotContain("neurons");
    Path file =
        checkpoints.resolve("minitron-scores-" + first.fingerprint().substring(0, 16) + ".json");
    Files.writeString(file, Files.readString(file).replace("neurons of expert 5", "other"));
    var heard = new ArrayList<Progress>();
    var settings =
        new ActivationSettings(
            1,
            8,
            ScoreAggregation.MEAN,
            ScoreAggregation.L2,
            ImportanceCriterion.ACTIVATION,
            1 << 20,
            1);
    ActivationScores again =
        new ActivationMeasurement(blueprint, settings, texts, "data")
            .measure(checkpoints, heard::add);
    assertThat(heard).hasSize(3);
    assertThat(again.neurons(2, 5)).containsExactly(first.neurons(2, 5));
  }
}
