package io.espalier.worker.algorithm.gradnas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.algorithm.prune.ChannelOrder;
import io.espalier.worker.algorithm.prune.Phases;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.LayerRules;
import io.espalier.worker.algorithm.search.Objective;
import io.espalier.worker.algorithm.search.Sensitivities;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.checkpoint.surgery.Surgery;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.data.text.TextDatasets;
import io.espalier.worker.data.text.TextSettings;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.model.MaskableModel;
import io.espalier.worker.model.RandomCuts;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.model.transformer.Masks;
import io.espalier.worker.stage.TextModels;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * ModelOpt's own cases for GradNAS, G1 to G4, and those rows of T1 that are of BERT and GPT-J.
 *
 * <p>Its cases build networks by hand; here a network is one of a known family, so each case is
 * about what stands for its network there: feed-forward neurons and attention heads for the hidden
 * sides of linear layers and attention; embeddings, normalisations and the layer that answers for
 * what cannot be searched. What each case demands is said beside it.
 */
class ModelOptGradNasCasesTest {
  private static final float TOLERANCE = 1e-5f;
  private static final int TOKENS = 48;
  private static final String BERT =
      """
      {"model_type": "bert", "architectures": ["BertForQuestionAnswering"], "vocab_size": 420,
       "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 16,
       "max_position_embeddings": 64}
      """;
  private static final String GPTJ =
      """
      {"model_type": "gptj", "architectures": ["GPTJForCausalLM"], "vocab_size": 420,
       "n_embd": %d, "n_layer": 2, "n_head": 4, "n_positions": 64, "rotary_dim": %d, "eos_token_id": 0}
      """;

  @TempDir static Path shared;
  @TempDir Path own;

  private static GradNasPlan plan;
  private static GradNasPruning.Result pruned;

  @BeforeAll
  static void prune() throws IOException {
    TextModel bert = write("bert", TextModels.BERT.formatted("BertForQuestionAnswering"), 3);
    plan = GradNasPlan.of(bert, OutputMode.PER_LAYER, new WidthRules(false, 8, LayerRules.NONE));
    TextDataset questions =
        TextDatasets.open(
            Golden.of("scores/squad-windows").directory().resolve("squad.json").toUri(),
            bert.network().input(),
            bert.directory().path(),
            TextSettings.USUAL.withMaxLength(TOKENS).withStride(16));
    var settings =
        new GradNasSettings(
            1,
            8,
            8,
            Normalisation.RAW,
            Objective.SUM,
            UnitRanking.GRADIENT,
            ReconstructionMode.OFF,
            7);
    pruned =
        new GradNasPruning<>(
                plan,
                Constraints.parse(Map.of("flops", "90%")),
                settings,
                new GradNasTexts(bert, questions, questions),
                Progress.Listener.NONE)
            .run(shared.resolve("pruned"), shared.resolve("checkpoints"));
  }

  /**
   * G1: linear layers 1-8-8-1, one batch, 90 % of the FLOPs; all that is searched has scores, in
   * descending order, and the rest has none and stays whole.
   *
   * <p>Here all heads and neurons of a BERT are searched, and what is not is the residual stream,
   * the positions and the vocabulary. Scores are kept in the order of the units, so their order is
   * seen in which units stay.
   */
  @Test
  void g1_what_is_searched_has_scores_and_keeps_the_highest_and_the_rest_has_none() {
    Map<String, double[]> scores = pruned.scores().byAxis();

    assertThat(pruned.scores().batches()).isEqualTo(1);
    assertThat(scores.keySet()).containsExactlyInAnyOrderElementsOf(names(plan.model()));
    assertThat(pruned.outcome().kept().units().keySet()).isNotEmpty().isSubsetOf(scores.keySet());
    for (Axis axis : plan.model().architecture().prunableAxes()) {
      double[] values = scores.get(axis.name());
      assertThat(values).hasSize(axis.units());
      int[] kept = pruned.outcome().kept().of(axis).orElseGet(() -> all(axis.units()));
      double least = IntStream.of(kept).mapToDouble(unit -> values[unit]).min().orElseThrow();
      assertThat(IntStream.range(0, values.length).filter(unit -> !contains(kept, unit)))
          .as("units of %s that went", axis.name())
          .allMatch(unit -> values[unit] <= least);
    }
    assertThat(pruned.outcome().after().cost().flops())
        .isLessThan(pruned.outcome().before().cost().flops())
        .isLessThanOrEqualTo(pruned.outcome().before().cost().flops() * 90 / 100);
  }

  /**
   * G2: convolutions alone; there is nothing to search, which is an error.
   *
   * <p>Here a convolutional network is no model that reads text, and one that does is without a
   * choice if heads stay and no smaller number of neurons is a multiple of the divisor.
   */
  @Test
  void g2_a_model_without_anything_to_search_is_refused() {
    ModelDirectory convolutions = Golden.of("cifar-resnet20").model();
    GradNasPlan without =
        GradNasPlan.of(
            plan.model(), OutputMode.UNIFORM, new WidthRules(false, 64, LayerRules.NONE));

    assertThatThrownBy(() -> TextModel.of(convolutions))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("resnet tells images apart, but one that reads text was wanted");
    assertThatThrownBy(() -> without.require(Constraints.parse(Map.of("flops", "90%"))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("none of the 6 axes has more than one width to choose from");
  }

  /**
   * G3: a convolution, a flattening and a linear layer; only the linear part is searched.
   *
   * <p>Here what GradNAS does not search leaves a pruning with the bits that it had: embeddings,
   * normalisations, the layer that answers, and the biases of layers whose outputs all stay.
   */
  @Test
  void g3_what_is_not_searched_stays_as_it_is() {
    List<TensorSpec> outside =
        plan.model().architecture().tensors().stream()
            .filter(tensor -> tensor.dimensions().stream().noneMatch(this::isSearched))
            .toList();

    assertThat(outside)
        .extracting(TensorSpec::name)
        .contains(
            "bert.embeddings.word_embeddings.weight",
            "bert.encoder.layer.0.attention.output.LayerNorm.weight",
            "bert.encoder.layer.1.output.dense.bias",
            "qa_outputs.weight")
        .doesNotContain("bert.encoder.layer.1.output.dense.weight");
    ModelDirectory before = plan.model().directory();
    ModelDirectory after = pruned.model().directory();
    assertThat(after.tensors().keySet()).isEqualTo(before.tensors().keySet());
    for (TensorSpec tensor : outside) {
      assertThat(after.read(tensor.name()).bytes())
          .as(tensor.name())
          .isEqualTo(before.read(tensor.name()).bytes());
    }
  }

  private boolean isSearched(Dimension side) {
    return plan.model().architecture().prunableAxes().stream().anyMatch(side::isAlong);
  }

  /**
   * G4: the attention of a GPT-J with 4 heads in a stream of 24 becomes one of 3 heads in a stream
   * of 12, is of a plain type again, answers as before, and nothing is attached to it any more.
   *
   * <p>Here the stream stays, as it does in ModelOpt's own GradNAS on a whole GPT-J. "As before" is
   * as the whole model with a mask of zero on the heads that go. Plain are files: the same tensors,
   * numbers and not lists in config.json, and nothing more there than the number of neurons, which
   * was silent, and {@code head_dim}, which 24 / 3 would not give.
   */
  @Test
  void g4_an_attention_of_gptj_with_three_of_four_heads_is_plain_and_answers_as_the_masked_one()
      throws IOException {
    TextModel model = write(own, "gptj", GPTJ.formatted(24, 4), 4);
    Kept kept =
        new Kept(
            Map.of(
                "transformer.h.0.heads", new int[] {0, 2, 3},
                "transformer.h.1.heads", new int[] {1, 2, 3}));
    TextModel cut = cutting(model).cut(kept, Files.createDirectory(own.resolve("cut")));

    assertThat(cut.directory().tensors().keySet()).isEqualTo(model.directory().tensors().keySet());
    assertThat(cut.directory().shapes().get("transformer.h.0.attn.q_proj.weight"))
        .containsExactly(18, 24);
    JsonNode config = new ObjectMapper().readTree(GPTJ.formatted(24, 4));
    assertThat(cut.directory().config())
        .isEqualTo(
            config.<ObjectNode>deepCopy().put("n_head", 3).put("head_dim", 6).put("n_inner", 96));
    assertThat(says(cut, Kept.all())).containsExactly(says(model, kept), within(TOLERANCE));
    assertThat(says(model, kept)).isNotEqualTo(says(model, Kept.all()));
  }

  /** T1: a BERT of stream 8 and a GPT-J of stream 16 have two axes for each of their two layers. */
  @ParameterizedTest
  @CsvSource({"bert, bert.encoder.layer., 16", "gptj, transformer.h., 64"})
  void t1_there_are_exactly_two_axes_for_each_layer(String name, String block, int neurons)
      throws IOException {
    TextModel model = tiny(name);

    GradNasPlan searched =
        GradNasPlan.of(model, OutputMode.PER_LAYER, new WidthRules(false, 1, LayerRules.NONE));

    assertThat(searched.space().configurable())
        .extracting(choices -> choices.axis())
        .containsExactly(
            Axis.of(AxisKind.HEADS, block + "0", 4),
            Axis.of(AxisKind.NEURONS, block + "0", neurons),
            Axis.of(AxisKind.HEADS, block + "1", 4),
            Axis.of(AxisKind.NEURONS, block + "1", neurons));
    assertThat(searched.space().configurable().get(0).widths()).containsExactly(1, 2, 3, 4);
  }

  /**
   * T1: sorting the units of all axes changes no output. Any order of units must not, so here they
   * are shuffled; every tensor by its named dimensions, with loops of the test's own.
   */
  @ParameterizedTest(name = "{0}, seed {1}")
  @CsvSource({"bert, 1", "bert, 2", "bert, 3", "gptj, 1", "gptj, 2", "gptj, 3"})
  void t1_the_order_of_units_changes_no_output(String name, long seed) throws IOException {
    TextModel model = tiny(name);
    Map<String, List<Integer>> orders = shuffled(model, seed);
    Path copy = Files.createDirectory(own.resolve("copy"));
    var tensors = new LinkedHashMap<String, TensorData>();
    for (TensorSpec tensor : model.architecture().tensors()) {
      TensorData data = model.directory().read(tensor.name());
      tensors.put(tensor.name(), reordered(data, tensor.dimensions(), orders));
    }
    SafetensorsWriter.write(copy.resolve("model.safetensors"), tensors);
    ModelDirectory.writeConfig(copy, model.directory().config());
    TextModel other = TextModel.of(ModelDirectory.open(copy), TOKENS);

    assertThat(model.directory().read(moved(name)).bytes())
        .isNotEqualTo(other.directory().read(moved(name)).bytes());
    assertThat(says(other, Kept.all())).containsExactly(says(model, Kept.all()), within(TOLERANCE));
  }

  /** T1: what a random choice says while it is searched, here under masks, its export says, too. */
  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void t1_a_random_choice_answers_cut_as_it_does_masked(long seed) throws IOException {
    for (String name : List.of("bert", "gptj")) {
      TextModel model = tiny(name);
      Kept kept = RandomCuts.draw(model.architecture(), seed);
      Path output = own.resolve(name + "-cut");
      Surgery.cut(model.directory(), model.architecture(), kept, output);
      TextModel cut = TextModel.of(ModelDirectory.open(output), TOKENS);

      assertThat(cut.architecture()).isEqualTo(model.architecture().keep(kept));
      assertThat(says(cut, Kept.all()))
          .as(name)
          .containsExactly(says(model, kept), within(TOLERANCE))
          .isNotEqualTo(says(model, Kept.all()));
    }
  }

  private TextModel tiny(String name) throws IOException {
    return write(own, name, name.equals("bert") ? BERT : GPTJ.formatted(16, 4), 5);
  }

  private static String moved(String name) {
    return name.equals("bert")
        ? "bert.encoder.layer.1.intermediate.dense.weight"
        : "transformer.h.1.mlp.fc_in.weight";
  }

  private static TextModel write(String name, String config, long seed) throws IOException {
    return write(shared, name, config, seed);
  }

  private static TextModel write(Path folder, String name, String config, long seed)
      throws IOException {
    Path tokenizer = Golden.of("scores/squad-windows").directory().resolve("tokenizer.json");
    Path directory = TextModels.write(folder.resolve(name), config, tokenizer, seed);
    return TextModel.of(ModelDirectory.open(directory), TOKENS);
  }

  private static UnitCutting<TextModel> cutting(TextModel model) {
    GradNasPlan plan =
        GradNasPlan.of(model, OutputMode.PER_LAYER, new WidthRules(false, 1, LayerRules.NONE));
    return new UnitCutting<>(
        cut -> TextModel.of(cut, model.tokens()),
        plan,
        plan.costs(),
        new Sensitivities(Map.of()),
        new ChannelOrder(model.architecture(), Map.of()),
        Objective.SUM,
        new Phases(System::nanoTime));
  }

  private static List<String> names(MaskableModel model) {
    return model.architecture().prunableAxes().stream().map(Axis::name).toList();
  }

  private static Map<String, List<Integer>> shuffled(TextModel model, long seed) {
    var random = new Random(seed);
    var orders = new LinkedHashMap<String, List<Integer>>();
    for (Axis axis : model.architecture().prunableAxes()) {
      var order = new ArrayList<>(IntStream.range(0, axis.units()).boxed().toList());
      Collections.shuffle(order, random);
      orders.put(axis.name(), order);
    }
    return orders;
  }

  /** A matrix or vector of float32 with its units in other places. */
  private static TensorData reordered(
      TensorData tensor, List<Dimension> dimensions, Map<String, List<Integer>> orders) {
    int[] rows = places(dimensions.get(0), orders);
    int[] columns = dimensions.size() == 1 ? new int[] {0} : places(dimensions.get(1), orders);
    ByteBuffer from = tensor.bytes().order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer to = ByteBuffer.allocate(from.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    for (int row : rows) {
      for (int column : columns) {
        to.putFloat(from.getFloat(Float.BYTES * (row * columns.length + column)));
      }
    }
    return new TensorData(DType.F32, tensor.shape(), to.flip().order(ByteOrder.LITTLE_ENDIAN));
  }

  private static int[] places(Dimension side, Map<String, List<Integer>> orders) {
    var places = new ArrayList<Integer>();
    for (Dimension.Along part : side.parts()) {
      List<Integer> order = orders.get(part.axis().name());
      int start = places.size();
      for (int unit = 0; unit < part.axis().units(); unit++) {
        int source = order == null ? unit : order.get(unit);
        for (int i = 0; i < part.indicesPerUnit(); i++) {
          places.add(start + source * part.indicesPerUnit() + i);
        }
      }
    }
    return side.parts().isEmpty()
        ? all(side.size())
        : places.stream().mapToInt(Integer::intValue).toArray();
  }

  private static int[] all(int units) {
    return IntStream.range(0, units).toArray();
  }

  private static boolean contains(int[] values, int wanted) {
    return IntStream.of(values).anyMatch(value -> value == wanted);
  }

  /**
   * Returns what a model says of two texts, the second of which is shorter, without units that go.
   */
  private static float[] says(TextModel model, Kept kept) {
    int length = 9;
    long[] ids = new Random(11).longs(2L * length, 5, 420).toArray();
    long[] mask = new long[2 * length];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = i < length + 6 ? 1 : 0;
    }
    var batch = new TokenBatch(2, length, ids, mask, new long[2 * length], new long[0]);
    try (NDManager manager = PyTorch.newManager();
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      Weights weights = Weights.load(model.directory(), model.architecture(), manager);
      ForwardHooks masks =
          Masks.of(model.architecture(), kept, weights.get(weights.names().get(0)));
      return model.network().forward(weights, Tokens.of(manager, batch), masks).toFloatArray();
    }
  }
}
