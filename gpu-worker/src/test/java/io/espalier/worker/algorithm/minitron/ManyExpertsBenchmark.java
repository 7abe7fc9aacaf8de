package io.espalier.worker.algorithm.minitron;

import io.espalier.worker.algorithm.minitron.cut.SubnetScoring;
import io.espalier.worker.algorithm.minitron.measure.ActivationMeasurement;
import io.espalier.worker.algorithm.minitron.measure.ActivationScores;
import io.espalier.worker.algorithm.minitron.measure.ActivationSettings;
import io.espalier.worker.algorithm.minitron.measure.ImportanceCriterion;
import io.espalier.worker.algorithm.minitron.measure.ScoreAggregation;
import io.espalier.worker.algorithm.minitron.measure.SubnetMetric;
import io.espalier.worker.algorithm.minitron.measure.UnitSelection;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.minitron.size.DecoderDimension;
import io.espalier.worker.algorithm.minitron.size.DecoderSizes;
import io.espalier.worker.bench.Machine;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.stage.TextModels;
import io.espalier.worker.tensor.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;

/**
 * Times what is done by name: listens to a decoder of many tiny experts and scores a subnet of it,
 * so that next to nothing is computed.
 *
 * <p>Arguments: layers (48), experts of each (128).
 */
public final class ManyExpertsBenchmark {
  private static final int CHOSEN = 8;
  private static final int VOCABULARY = 512;
  private static final int TOKENS = 16;
  private static final int ROWS = 4;

  private static final String CONFIG =
      """
      {"model_type": "qwen3_moe", "architectures": ["Qwen3MoeForCausalLM"], "vocab_size": %d,
       "hidden_size": 16, "intermediate_size": 32, "moe_intermediate_size": 8, "num_experts": %d,
       "num_experts_per_tok": %d, "num_hidden_layers": %d, "num_attention_heads": 4,
       "num_key_value_heads": 2, "head_dim": 4, "max_position_embeddings": 64}
      """;

  private ManyExpertsBenchmark() {}

  /** Prints seconds by step, and the score. */
  public static void main(String[] arguments) throws Exception {
    int layers = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 48;
    int experts = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 128;
    Path folder = Files.createTempDirectory("many-experts-benchmark");
    try {
      System.out.println(Machine.line());
      run(write(folder.resolve("model"), layers, experts), folder);
    } finally {
      Machine.delete(folder);
    }
  }

  private static Path write(Path model, int layers, int experts) throws IOException {
    Path tokenizer = Golden.of("scores/squad-windows").directory().resolve("tokenizer.json");
    String config = CONFIG.formatted(VOCABULARY, experts, CHOSEN, layers);
    return TextModels.write(model, config, tokenizer, 1);
  }

  private static void run(Path model, Path folder) throws Exception {
    DecoderBlueprint blueprint =
        timed(
            "looking at the model",
            () -> DecoderBlueprint.of(TextModel.of(ModelDirectory.open(model), TOKENS)));
    System.out.printf(Locale.ROOT, "%d tensors%n", blueprint.architecture().tensors().size());
    var texts = new GoldenTexts(List.of(batch()));
    var settings =
        new ActivationSettings(
            1,
            ROWS,
            ScoreAggregation.MEAN,
            ScoreAggregation.L2,
            ImportanceCriterion.CONTRIBUTION,
            1 << 20,
            1);
    ActivationScores activity =
        timed(
            "listening to a batch",
            () ->
                new ActivationMeasurement(blueprint, settings, texts, "data")
                    .measure(folder, Progress.Listener.NONE));
    DecoderSizes whole = timed("sizes", blueprint::sizes);
    var half =
        DecoderSizes.of(
            Map.of(
                DecoderDimension.HIDDEN,
                whole.hidden() / 2,
                DecoderDimension.NEURONS,
                whole.neurons() / 2,
                DecoderDimension.EXPERTS,
                whole.experts() / 2,
                DecoderDimension.EXPERT_NEURONS,
                whole.expertNeurons() / 2,
                DecoderDimension.SHARED_NEURONS,
                whole.sharedNeurons(),
                DecoderDimension.HEADS,
                whole.heads() / 2,
                DecoderDimension.GROUPS,
                whole.groups(),
                DecoderDimension.LAYERS,
                whole.layers()));
    Kept kept = timed("choosing units", () -> new UnitSelection(blueprint, activity).of(half));
    List<Integer> layers = IntStream.range(0, whole.layers()).boxed().toList();
    for (SubnetMetric score : SubnetMetric.values()) {
      try (var scoring =
          new SubnetScoring(blueprint, texts, score, settings.room(), "fingerprint", folder)) {
        double found =
            timed("scoring a version by " + score.key(), () -> scoring.of("half", kept, layers));
        System.out.printf(Locale.ROOT, "%s %s%n", score.key(), found);
      }
    }
  }

  private static <X> X timed(String what, Callable<X> step) throws Exception {
    long start = System.nanoTime();
    X made = step.call();
    System.out.printf(Locale.ROOT, "%s: %.2f s%n", what, (System.nanoTime() - start) / 1e9);
    return made;
  }

  private static TokenBatch batch() {
    var random = new SplittableRandom(1);
    long[] ids = random.longs((long) ROWS * TOKENS, 0, VOCABULARY).toArray();
    long[] mask = new long[ids.length];
    Arrays.fill(mask, 1);
    return new TokenBatch(ROWS, TOKENS, ids, mask, new long[ids.length], ids.clone());
  }
}
