package io.espalier.worker.algorithm.minitron.reconstruct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.algorithm.minitron.cut.Subnet;
import io.espalier.worker.algorithm.minitron.measure.ActivationSettings;
import io.espalier.worker.algorithm.minitron.measure.ImportanceCriterion;
import io.espalier.worker.algorithm.minitron.measure.ScoreAggregation;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.reconstruct.transformer.Sequences;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.checkpoint.surgery.Sharding;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.LayerReconstruction;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.Reconstruction;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against transformers and NumPy in float64, {@code decoder-reconstruction/make.py}. */
class DecoderReconstructionTest {
  @TempDir Path directory;

  /** Findings of the script. */
  @SuppressWarnings("ArrayRecordComponent") // numbers of the oracle, never compared as a whole
  record Case(
      int[][] texts,
      Map<String, int[]> kept,
      List<Integer> layers,
      double divergence,
      List<Solved> solved) {}

  @SuppressWarnings("ArrayRecordComponent") // numbers of the oracle, never compared as a whole
  record Solved(
      String tensor,
      double lambda,
      double errorBefore,
      double errorAfter,
      long samples,
      double[] weight) {}

  private static Case golden(String name) throws IOException {
    try (InputStream file =
        DecoderReconstructionTest.class.getResourceAsStream(
            "/golden/decoder-reconstruction/" + name + ".json")) {
      return new ObjectMapper().readValue(file, Case.class);
    }
  }

  private static DecoderBlueprint blueprint(Path model) {
    return DecoderBlueprint.of(TextModel.of(ModelDirectory.open(model)));
  }

  private static ActivationSettings settings(int batchSize, long stateBytes) {
    return new ActivationSettings(
        1000,
        batchSize,
        ScoreAggregation.MEAN,
        ScoreAggregation.L2,
        ImportanceCriterion.CONTRIBUTION,
        stateBytes,
        1);
  }

  private TextModel cut(DecoderBlueprint blueprint, Subnet subnet, String output)
      throws IOException {
    Path folder = Files.createDirectory(directory.resolve(output));
    return (TextModel) subnet.write(blueprint, Sharding.asBefore(), folder);
  }

  private Reconstruction reconstruct(
      DecoderBlueprint blueprint, Subnet subnet, int[][] texts, TextModel made) {
    return new DecoderReconstruction(blueprint, subnet, new Sequences(texts, 0), settings(8, 0))
        .run(made.directory(), directory.resolve("checkpoints"), Progress.Listener.NONE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen2-moe"})
  void what_is_solved_for_is_what_numpy_finds(String name) throws IOException {
    Case golden = golden(name);
    DecoderBlueprint blueprint = blueprint(Golden.of(name).directory());
    var subnet = new Subnet(new Kept(golden.kept()), golden.layers());
    TextModel made = cut(blueprint, subnet, "made");

    Reconstruction done = reconstruct(blueprint, subnet, golden.texts(), made);

    assertThat(done.layers())
        .extracting(LayerReconstruction::layer)
        .containsExactlyElementsOf(golden.solved().stream().map(Solved::tensor).toList());
    for (int i = 0; i < golden.solved().size(); i++) {
      Solved wanted = golden.solved().get(i);
      LayerReconstruction found = done.layers().get(i);
      assertThat(found.lambda()).as(wanted.tensor()).isEqualTo(wanted.lambda());
      assertThat(found.errorBefore()).isCloseTo(wanted.errorBefore(), within(1e-4));
      assertThat(found.errorAfter()).isCloseTo(wanted.errorAfter(), within(1e-4));
      assertThat(found.samples()).isEqualTo(wanted.samples());
    }
    assertThat(done.versions().get(1).divergence())
        .isCloseTo(golden.divergence(), within(1e-4))
        .isLessThan(done.versions().get(0).divergence());
    assertSolved(golden, made);
  }

  /** Layers behind one that is gone have moved up in name. */
  private static void assertSolved(Case golden, TextModel made) {
    try (Weights weights = Weights.load(made.directory(), made.architecture())) {
      for (Solved wanted : golden.solved()) {
        String name = wanted.tensor();
        for (int i = 0; i < golden.layers().size(); i++) {
          String before = "model.layers." + golden.layers().get(i) + ".";
          if (name.startsWith(before)) {
            name = "model.layers." + i + "." + name.substring(before.length());
            break;
          }
        }
        float[] found = weights.get(name).toFloatArray();
        assertThat(IntStream.range(0, found.length).mapToDouble(i -> found[i]).toArray())
            .as(name)
            .containsExactly(wanted.weight(), within(2e-4));
      }
    }
  }

  @Test
  void an_attempt_that_was_interrupted_goes_on_and_leaves_the_same_bits() throws IOException {
    Case golden = golden("llama");
    DecoderBlueprint blueprint = blueprint(Golden.of("llama").directory());
    var subnet = new Subnet(new Kept(golden.kept()), golden.layers());
    TextModel whole = cut(blueprint, subnet, "whole");
    TextModel resumed = cut(blueprint, subnet, "resumed");
    Reconstruction first = reconstruct(blueprint, subnet, golden.texts(), whole);
    var reconstruction =
        new DecoderReconstruction(
            blueprint, subnet, new Sequences(golden.texts(), 0), settings(8, 0));
    Path checkpoints = directory.resolve("interrupted");
    Progress.Listener stop =
        progress -> {
          throw new IllegalStateException("killed");
        };

    assertThatThrownBy(() -> reconstruction.run(resumed.directory(), checkpoints, stop))
        .hasMessage("killed");
    assertThat(files(checkpoints)).hasSize(2); // of the first layer
    Reconstruction second =
        reconstruction.run(resumed.directory(), checkpoints, Progress.Listener.NONE);

    assertThat(second).isEqualTo(first);
    assertThat(resumed.directory().path().resolve("model.safetensors"))
        .hasSameBinaryContentAs(whole.directory().path().resolve("model.safetensors"));
    assertThat(files(checkpoints)).isEmpty();
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    }
  }

  @Test
  void padding_and_the_memory_that_there_is_change_nothing() throws IOException {
    Case golden = golden("qwen2-moe");
    DecoderBlueprint blueprint = blueprint(Golden.of("qwen2-moe").directory());
    var subnet = new Subnet(new Kept(golden.kept()), golden.layers());
    TextModel made = cut(blueprint, subnet, "made");
    TextModel padded = cut(blueprint, subnet, "padded");

    Reconstruction alone = reconstruct(blueprint, subnet, golden.texts(), made);
    Reconstruction among =
        new DecoderReconstruction(
                blueprint, subnet, new Sequences(golden.texts(), 5), settings(8, 1 << 30))
            .run(padded.directory(), directory, Progress.Listener.NONE);

    for (int i = 0; i < alone.layers().size(); i++) {
      assertThat(among.layers().get(i).samples()).isEqualTo(alone.layers().get(i).samples());
      assertThat(among.layers().get(i).errorAfter())
          .isCloseTo(alone.layers().get(i).errorAfter(), within(1e-5));
    }
  }

  /**
   * A unit that says what another says can go without a loss, if what read it reads the other
   * instead.
   */
  @ParameterizedTest
  @CsvSource({"neurons, down_proj", "groups, o_proj"})
  void a_unit_that_is_the_copy_of_another_is_made_good(String kind, String solved)
      throws IOException {
    Path twins = directory.resolve("twins");
    boolean neurons = kind.equals("neurons");
    changed(
        "llama",
        twins,
        weights -> {
          for (int layer = 0; layer < 2; layer++) {
            String block = "model.layers." + layer;
            if (neurons) {
              copyRows(weights, block + ".mlp.gate_proj.weight", 48, 0, 48);
              copyRows(weights, block + ".mlp.up_proj.weight", 48, 0, 48);
            } else {
              copyRows(weights, block + ".self_attn.q_proj.weight", 48, 0, 24);
              copyRows(weights, block + ".self_attn.k_proj.weight", 48, 0, 12);
              copyRows(weights, block + ".self_attn.v_proj.weight", 48, 0, 12);
            }
          }
        });
    DecoderBlueprint blueprint = blueprint(twins);
    var kept =
        neurons
            ? Map.of(
                "model.layers.0.neurons", IntStream.range(0, 48).toArray(),
                "model.layers.1.neurons", IntStream.range(0, 48).toArray())
            : Map.of(
                "model.layers.0.groups", new int[] {0},
                "model.layers.0.heads", new int[] {0, 1},
                "model.layers.1.groups", new int[] {0},
                "model.layers.1.heads", new int[] {0, 1});
    var subnet = new Subnet(new Kept(kept), List.of(0, 1));
    TextModel made = cut(blueprint, subnet, "made");

    Reconstruction done = reconstruct(blueprint, subnet, golden("llama").texts(), made);

    assertThat(done.layers())
        .filteredOn(layer -> layer.layer().contains(solved))
        .hasSize(2)
        .allSatisfy(layer -> assertThat(layer.errorAfter()).isLessThan(1e-6));
    assertThat(done.versions().get(0).divergence()).isGreaterThan(0.01);
    assertThat(done.versions().get(1).divergence()).isLessThan(1e-5);
    assertThat(done.isUsed()).isTrue();
  }

  /** Lets rows of a matrix be those of its beginning, so far as there are as many. */
  private static void copyRows(
      Map<String, float[]> weights, String tensor, int columns, int from, int to) {
    float[] values = weights.get(tensor);
    System.arraycopy(values, from * columns, values, to * columns, values.length - to * columns);
  }

  /** Writes a model of the fixtures with other numbers. */
  private static void changed(String golden, Path output, Consumer<Map<String, float[]>> change)
      throws IOException {
    Files.createDirectories(output);
    Path source = Golden.of(golden).directory();
    Files.copy(source.resolve("config.json"), output.resolve("config.json"));
    ModelDirectory model = ModelDirectory.open(source);
    var numbers = new java.util.LinkedHashMap<String, float[]>();
    model
        .tensors()
        .forEach(
            (name, header) -> {
              float[] values = new float[(int) header.elements()];
              model.read(name).bytes().asFloatBuffer().get(values);
              numbers.put(name, values);
            });
    change.accept(numbers);
    var tensors = new java.util.LinkedHashMap<String, TensorData>();
    numbers.forEach(
        (name, values) -> {
          ByteBuffer bytes =
              ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
          bytes.asFloatBuffer().put(values);
          tensors.put(
              name,
              new TensorData(
                  model.tensors().get(name).dtype(), model.tensors().get(name).shape(), bytes));
        });
    SafetensorsWriter.write(output.resolve("model.safetensors"), tensors);
  }

  @Test
  void activations_that_are_no_numbers_are_refused_by_layer_and_batch() throws IOException {
    Path broken = directory.resolve("broken");
    changed(
        "llama",
        broken,
        weights -> weights.get("model.layers.0.mlp.up_proj.weight")[0] = Float.POSITIVE_INFINITY);
    DecoderBlueprint blueprint = blueprint(broken);
    Map<String, int[]> kept = Map.of("model.layers.0.neurons", IntStream.range(0, 40).toArray());
    var subnet = new Subnet(new Kept(kept), List.of(0, 1));
    TextModel made = cut(blueprint, subnet, "made");

    assertThatThrownBy(() -> reconstruct(blueprint, subnet, golden("llama").texts(), made))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("'model.layers.0.mlp.down_proj.weight'")
        .hasMessageContaining("batch 1 ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"gpt2", "gptj", "qwen3", "mixtral", "gemma2", "llama-tied-rope-llama3-scaling"})
  void a_narrower_stream_of_any_family_is_reconstructed_and_opens(String name) throws IOException {
    DecoderBlueprint blueprint = blueprint(Golden.of(name).directory());
    int hidden = blueprint.hidden().units();
    Map<String, int[]> kept =
        Map.of("hidden", IntStream.range(0, hidden).filter(i -> i % 4 != 1).toArray());
    var layers = IntStream.range(0, blueprint.blocks().size()).boxed().toList();
    var subnet = new Subnet(new Kept(kept), layers);
    TextModel made = cut(blueprint, subnet, "made");

    Reconstruction done = reconstruct(blueprint, subnet, golden("llama").texts(), made);

    assertThat(done.layers()).isNotEmpty();
    assertThat(done.versions().get(1).divergence())
        .as(done.toString())
        .isLessThan(done.versions().get(0).divergence());
    var names = new ArrayList<String>();
    done.layers().forEach(layer -> names.add(layer.layer()));
    assertThat(names).doesNotHaveDuplicates();
    TextModel opened = TextModel.of(ModelDirectory.open(made.directory().path()));
    try (Weights weights = Weights.load(opened.directory(), opened.architecture())) {
      assertThat(weights.names()).isNotEmpty();
    }
  }
}
