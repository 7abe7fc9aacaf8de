package io.espalier.worker.algorithm.minitron.cut;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.algorithm.minitron.GoldenTexts;
import io.espalier.worker.algorithm.minitron.measure.ActivationMeasurement;
import io.espalier.worker.algorithm.minitron.measure.ActivationScores;
import io.espalier.worker.algorithm.minitron.measure.ActivationSettings;
import io.espalier.worker.algorithm.minitron.measure.ImportanceCriterion;
import io.espalier.worker.algorithm.minitron.measure.LayerwiseForward;
import io.espalier.worker.algorithm.minitron.measure.MemoryLimits;
import io.espalier.worker.algorithm.minitron.measure.ScoreAggregation;
import io.espalier.worker.algorithm.minitron.measure.TokenBatches;
import io.espalier.worker.algorithm.minitron.measure.UnitSelection;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.minitron.size.DecoderDimension;
import io.espalier.worker.algorithm.minitron.size.DecoderSizes;
import io.espalier.worker.algorithm.minitron.size.SizeDivisors;
import io.espalier.worker.algorithm.minitron.size.TargetSizes;
import io.espalier.worker.algorithm.minitron.space.UniformCosts;
import io.espalier.worker.algorithm.prune.FileCosts;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.surgery.Sharding;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.stage.TextModels;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Smaller subnets of models with experts, in memory and in files. */
final class ExpertSubnetsTest {
  private static final ActivationSettings SETTINGS =
      new ActivationSettings(
          1,
          8,
          ScoreAggregation.MEAN,
          ScoreAggregation.L2,
          ImportanceCriterion.ACTIVATION,
          1 << 20,
          1);

  @TempDir Path own;

  private static DecoderBlueprint blueprint(Path directory, int tokens) {
    return DecoderBlueprint.of(TextModel.of(ModelDirectory.open(directory), tokens));
  }

  private ActivationScores activity(DecoderBlueprint blueprint, TokenBatches texts) {
    return new ActivationMeasurement(blueprint, SETTINGS, texts, "data")
        .measure(own, Progress.Listener.NONE);
  }

  private static float[] says(
      DecoderBlueprint blueprint, Weights weights, TokenBatch batch, ForwardHooks hooks) {
    try (NDManager manager = PyTorch.newManager();
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      return blueprint.network().forward(weights, Tokens.of(manager, batch), hooks).toFloatArray();
    }
  }

  /** Routers that never choose experts that go, and experts whose neurons that go are silent. */
  private record Without(Kept kept) implements ForwardHooks {
    @Override
    public NDArray routed(String axis, NDArray scores) {
      return Tensors.add(scores, gone(axis, scores, 0, -1e30f));
    }

    @Override
    public NDArray activated(String axis, NDArray activated) {
      return Tensors.multiply(activated, gone(axis, activated, 1, 0));
    }

    /** One number for all units that stay, another for those that go. */
    private NDArray gone(String axis, NDArray like, float stay, float go) {
      long[] shape = like.getShape().getShape();
      float[] values = new float[(int) shape[shape.length - 1]];
      int[] units = kept.units().get(axis);
      Arrays.fill(values, units == null ? stay : go);
      if (units != null) {
        Arrays.stream(units).forEach(unit -> values[unit] = stay);
      }
      return Tensors.of(like.getManager(), values, values.length);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "mixtral, 0, 3, 48, 0",
    "mixtral, 0, 2, 16, 0",
    "qwen2-moe, 48, 6, 24, 16",
    "qwen3-moe, 32, 4, 12, 0"
  })
  void a_version_says_what_the_model_says_that_never_chooses_the_other_experts(
      String name, int neurons, int experts, int expertNeurons, int sharedNeurons) {
    DecoderBlueprint blueprint = DecoderBlueprint.of(TextModel.of(Golden.of(name).model()));
    GoldenTexts texts = GoldenTexts.ofModel(name);
    Kept kept =
        new UnitSelection(blueprint, activity(blueprint, texts))
            .of(
                DecoderSizes.of(
                    Map.of(
                        DecoderDimension.HIDDEN,
                        32,
                        DecoderDimension.NEURONS,
                        neurons,
                        DecoderDimension.EXPERTS,
                        experts,
                        DecoderDimension.EXPERT_NEURONS,
                        expertNeurons,
                        DecoderDimension.SHARED_NEURONS,
                        sharedNeurons,
                        DecoderDimension.HEADS,
                        4,
                        DecoderDimension.GROUPS,
                        2,
                        DecoderDimension.LAYERS,
                        blueprint.blocks().size())));

    try (Weights whole = Weights.load(blueprint.model().directory(), blueprint.architecture());
        Weights cut = whole.keep(kept)) {
      float[] found = says(blueprint, cut, texts.get(0), ForwardHooks.NONE);

      float[] wanted = says(blueprint, whole, texts.get(0), new Without(kept));
      assertThat(found).containsExactly(wanted, within(1e-5f * largest(wanted)));
      float[] original = says(blueprint, whole, texts.get(0), ForwardHooks.NONE);
      assertThat(largest(minus(original, wanted))).isGreaterThan(1e-3f);
    }
  }

  private static float[] minus(float[] a, float[] b) {
    float[] difference = a.clone();
    for (int i = 0; i < a.length; i++) {
      difference[i] -= b[i];
    }
    return difference;
  }

  private static float largest(float[] values) {
    float largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }

  /** With 9 tokens experts do not share them evenly, before or after; with 1 some have none. */
  @ParameterizedTest
  @CsvSource({
    "mixtral, 9, 32 0 3 48 0 4 2 2, 0 1",
    "mixtral, 9, 16 0 2 24 0 2 1 1, 1",
    "mixtral, 1, 32 0 3 48 0 4 2 2, 0 1",
    "qwen2-moe, 9, 32 48 6 24 16 4 2 3, 0 1 2",
    "qwen2-moe, 9, 16 24 4 12 24 2 1 2, 1 2",
    "qwen3-moe, 9, 16 24 4 12 0 2 2 3, 0 1 2",
    "qwen3-moe, 9, 32 48 5 24 0 4 2 2, 0 2",
    "qwen3-moe, 9, 32 16 3 6 0 2 1 2, 1 2",
    "qwen3-moe, 9, 24 48 2 24 0 4 2 1, 1",
    "qwen3-moe, 1, 32 48 5 24 0 4 2 3, 0 1 2"
  })
  void a_version_in_files_is_what_was_cut_in_memory_and_costs_what_was_foretold(
      String name, int tokens, String sizes, String layers) {
    DecoderBlueprint blueprint = blueprint(Golden.of(name).directory(), tokens);
    GoldenTexts texts = GoldenTexts.ofModel(name);
    int[] n = Arrays.stream(sizes.split(" ", -1)).mapToInt(Integer::parseInt).toArray();
    var wanted =
        DecoderSizes.of(
            Map.of(
                DecoderDimension.HIDDEN,
                n[0],
                DecoderDimension.NEURONS,
                n[1],
                DecoderDimension.EXPERTS,
                n[2],
                DecoderDimension.EXPERT_NEURONS,
                n[3],
                DecoderDimension.SHARED_NEURONS,
                n[4],
                DecoderDimension.HEADS,
                n[5],
                DecoderDimension.GROUPS,
                n[6],
                DecoderDimension.LAYERS,
                n[7]));
    List<Integer> stay = Arrays.stream(layers.split(" ", -1)).map(Integer::valueOf).toList();
    var subnet =
        new Subnet(new UnitSelection(blueprint, activity(blueprint, texts)).of(wanted), stay);

    subnet.write(blueprint, Sharding.asBefore(), own.resolve("cut"));

    DecoderBlueprint cut = blueprint(own.resolve("cut"), tokens);
    assertThat(cut.architecture())
        .isEqualTo(
            blueprint.open().keep(subnet.all(blueprint)).freeze(cut.architecture().frozen()));
    try (Weights whole = Weights.load(blueprint.model().directory(), blueprint.architecture());
        Weights inMemory = whole.keep(subnet.all(blueprint));
        Weights onDisk = Weights.load(cut.model().directory(), cut.architecture())) {
      assertThat(onDisk.names()).isEqualTo(inMemory.names());
      for (String tensor : onDisk.names()) {
        assertThat(onDisk.get(tensor).toFloatArray())
            .as(tensor)
            .containsExactly(inMemory.get(tensor).toFloatArray());
      }
      assertThat(streamed(cut, texts, Kept.all(), cut.blocks().size()))
          .containsExactly(streamed(blueprint, texts, subnet));
      assertThat(says(cut, onDisk, texts.get(0), ForwardHooks.NONE))
          .containsExactly(streamed(cut, texts, Kept.all(), cut.blocks().size()), within(1e-5f));
    }
    Cost foretold =
        new UniformCosts(blueprint, Sharding.asBefore(), Optional.empty()).of(wanted, stay);
    Cost found =
        FileCosts.whole(
            FileCosts.of(cut.architecture(), cut.model().directory()), cut.model().directory());
    assertThat(found.flops()).isEqualTo(foretold.flops());
    assertThat(found.parameters()).isEqualTo(foretold.parameters());
    assertThat(found.bytes()).isLessThanOrEqualTo(foretold.bytes());
  }

  private float[] streamed(DecoderBlueprint blueprint, TokenBatches texts, Subnet subnet) {
    return streamed(blueprint, texts, subnet.units(), subnet.layers());
  }

  private float[] streamed(DecoderBlueprint blueprint, TokenBatches texts, Kept kept, int layers) {
    return streamed(blueprint, texts, kept, IntStream.range(0, layers).boxed().toList());
  }

  /** Scores of the only batch, sequence by sequence. */
  private float[] streamed(
      DecoderBlueprint blueprint, TokenBatches texts, Kept kept, List<Integer> layers) {
    TokenBatch batch = texts.get(0);
    int vocabulary = blueprint.network().input().vocabulary();
    float[] all = new float[batch.mask().length * vocabulary];
    try (var stream = new LayerwiseForward(blueprint, texts, MemoryLimits.of(0), own)) {
      stream.run(kept, layers);
      stream.scores(
          kept,
          (scores, first, sequence) -> {
            float[] one = scores.toFloatArray();
            System.arraycopy(one, 0, all, sequence.position() * one.length, one.length);
          });
    }
    return all;
  }

  private static final String SMALL =
      """
      {"model_type": "qwen2_moe", "architectures": ["Qwen2MoeForCausalLM"], "vocab_size": 420,
       "hidden_size": 128, "moe_intermediate_size": 256, "shared_expert_intermediate_size": 256,
       "num_experts": 4, "num_experts_per_tok": 2, "num_hidden_layers": 2,
       "num_attention_heads": 8, "num_key_value_heads": 4, "max_position_embeddings": 64,
       "tie_word_embeddings": false}
      """;

  /** ModelOpt's own case of experts (M2). */
  @Test
  void half_of_everything_has_half_of_every_shape() throws IOException {
    Path tokenizer = Golden.of("scores/squad-windows").directory().resolve("tokenizer.json");
    Path model = TextModels.write(own.resolve("model"), SMALL, tokenizer, 4);
    DecoderBlueprint blueprint = blueprint(model, 16);
    var texts = new GoldenTexts(List.of(batch(16)));
    DecoderSizes half =
        new TargetSizes(
                Map.of(
                    DecoderDimension.HIDDEN, 64,
                    DecoderDimension.EXPERTS, 2,
                    DecoderDimension.EXPERT_NEURONS, 128,
                    DecoderDimension.SHARED_NEURONS, 128,
                    DecoderDimension.HEADS, 4,
                    DecoderDimension.GROUPS, 2,
                    DecoderDimension.LAYERS, 1))
            .of(blueprint, SizeDivisors.Asked.NOTHING.ofExport(blueprint.sizes()), true);
    ActivationScores activity = activity(blueprint, texts);
    var subnet = new Subnet(new UnitSelection(blueprint, activity).of(half), List.of(1));

    subnet.write(blueprint, Sharding.asBefore(), own.resolve("cut"));

    ModelDirectory cut = ModelDirectory.open(own.resolve("cut"));
    String layer = "model.layers.0.";
    Map<String, List<Long>> shapes =
        cut.shapes().entrySet().stream()
            .collect(
                Collectors.toMap(
                    Map.Entry::getKey, each -> Arrays.stream(each.getValue()).boxed().toList()));
    assertThat(shapes)
        .containsEntry(layer + "mlp.gate.weight", List.of(2L, 64L))
        .containsEntry(layer + "mlp.experts.0.gate_proj.weight", List.of(128L, 64L))
        .containsEntry(layer + "mlp.experts.1.down_proj.weight", List.of(64L, 128L))
        .containsEntry(layer + "mlp.experts.1.up_proj.weight", List.of(128L, 64L))
        .containsEntry(layer + "mlp.shared_expert.gate_proj.weight", List.of(128L, 64L))
        .containsEntry(layer + "mlp.shared_expert.down_proj.weight", List.of(64L, 128L))
        .containsEntry(layer + "mlp.shared_expert_gate.weight", List.of(1L, 64L))
        .containsEntry(layer + "self_attn.q_proj.weight", List.of(64L, 64L))
        .containsEntry(layer + "self_attn.k_proj.weight", List.of(32L, 64L))
        .containsEntry("lm_head.weight", List.of(420L, 64L))
        .containsEntry(layer + "self_attn.k_proj.bias", List.of(32L))
        .hasSize(3 + 2 + 4 + 3 + 1 + 2 * 3 + 3 + 1);
    JsonNode config = cut.config();
    assertThat(config.path("num_experts").intValue()).isEqualTo(2);
    assertThat(config.path("num_experts_per_tok").intValue()).isEqualTo(2);
    assertThat(config.path("moe_intermediate_size").intValue()).isEqualTo(128);
    assertThat(config.path("shared_expert_intermediate_size").intValue()).isEqualTo(128);
    assertThat(config.path("hidden_size").intValue()).isEqualTo(64);
    assertThat(config.path("num_hidden_layers").intValue()).isEqualTo(1);
    assertThat(config.path("head_dim").intValue()).isEqualTo(16);
    assertThat(streamed(blueprint(own.resolve("cut"), 16), texts, Kept.all(), 1))
        .containsExactly(streamed(blueprint, texts, subnet));
  }

  private static TokenBatch batch(int length) {
    long[] ids = IntStream.range(0, 2 * length).mapToLong(i -> 5 + (i * 37L) % 400).toArray();
    long[] mask = new long[ids.length];
    Arrays.fill(mask, 1);
    return new TokenBatch(2, length, ids, mask, new long[ids.length], ids.clone());
  }
}
