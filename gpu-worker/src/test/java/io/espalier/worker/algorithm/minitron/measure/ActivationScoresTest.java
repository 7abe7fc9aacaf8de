package io.espalier.worker.algorithm.minitron.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.minitron.GoldenTexts;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.SavedArrays;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of unit activations, against loops over what passes through the network. */
final class ActivationScoresTest {
  @TempDir Path checkpoints;

  private final List<Progress> heard = new ArrayList<>();

  private static DecoderBlueprint blueprint(String golden) {
    return DecoderBlueprint.of(TextModel.of(Golden.of(golden).model()));
  }

  private static ActivationSettings listening(
      ScoreAggregation tokens, ScoreAggregation sequences, long bytes) {
    return new ActivationSettings(
        1, 8, tokens, sequences, ImportanceCriterion.ACTIVATION, bytes, 1);
  }

  private ActivationScores measure(String golden, ActivationSettings settings) {
    return new ActivationMeasurement(
            blueprint(golden), settings, GoldenTexts.ofModel(golden), "data")
        .measure(checkpoints, heard::add);
  }

  /** Everything that scores are made of, in Java's numbers. */
  private static final class Copies implements ForwardHooks {
    private final Map<String, float[]> seen = new LinkedHashMap<>();

    private NDArray see(String place, NDArray x) {
      seen.put(place, x.toFloatArray());
      return x;
    }

    @Override
    public NDArray activated(String axis, NDArray activated) {
      return see(axis, activated);
    }

    @Override
    public NDArray heads(String axis, NDArray context) {
      return see(axis, context);
    }

    @Override
    public NDArray normed(String module, NDArray normed) {
      return see("norm " + module, normed);
    }

    @Override
    public NDArray entering(int layer, NDArray state) {
      return see("in " + layer, state);
    }

    @Override
    public NDArray leaving(int layer, NDArray state) {
      return see("out " + layer, state);
    }
  }

  private static Map<String, float[]> passing(String golden) {
    DecoderBlueprint blueprint = blueprint(golden);
    TokenBatch batch = GoldenTexts.ofModel(golden).get(0);
    var copies = new Copies();
    try (NDManager manager = PyTorch.newManager();
        var scope = new NDScope();
        Weights weights =
            Weights.load(blueprint.model().directory(), blueprint.architecture(), manager)) {
      scope.suppressNotUsedWarning();
      blueprint.network().forward(weights, Tokens.of(manager, batch), copies);
    }
    return copies.seen;
  }

  private static double over(ScoreAggregation aggregation, double[] values) {
    double sum = 0;
    double squares = 0;
    double largest = 0;
    for (double value : values) {
      sum += Math.abs(value);
      squares += value * value;
      largest = Math.max(largest, Math.abs(value));
    }
    return switch (aggregation) {
      case MEAN -> sum / values.length;
      case L2 -> Math.sqrt(squares);
      case MAX -> largest;
    };
  }

  /** The score of one unit, given what it says at each sequence and token. */
  private static double score(
      TokenBatch batch, ScoreAggregation tokens, ScoreAggregation sequences, Unit unit) {
    double[] each = new double[batch.rows()];
    for (int row = 0; row < batch.rows(); row++) {
      var real = new ArrayList<Double>();
      for (int token = 0; token < batch.length(); token++) {
        if (batch.mask()[row * batch.length() + token] == 1) {
          real.add(unit.at(row, token));
        }
      }
      each[row] = over(tokens, real.stream().mapToDouble(Double::doubleValue).toArray());
    }
    return over(sequences, each);
  }

  private interface Unit {
    double at(int row, int token);
  }

  @ParameterizedTest
  @CsvSource({
    "gpt2, MEAN, L2",
    "gptj, MEAN, L2",
    "gpt2, L2, MEAN",
    "gpt2, MAX, MAX",
    "gptj, L2, L2"
  })
  void scores_are_those_that_loops_over_real_tokens_find(
      String golden, ScoreAggregation tokens, ScoreAggregation sequences) {
    DecoderBlueprint blueprint = blueprint(golden);
    Map<String, float[]> passing = passing(golden);
    TokenBatch batch = GoldenTexts.ofModel(golden).get(0);
    assertThat(batch.mask()).as("padding").contains(0);
    int length = batch.length();
    int hidden = blueprint.hidden().units();
    int size = blueprint.headSize();

    ActivationScores found = measure(golden, listening(tokens, sequences, 1 << 20));

    double[] stream = new double[hidden];
    for (int layer = 0; layer < 2; layer++) {
      String block = blueprint.blocks().get(layer);
      float[] neurons = passing.get(block + ".neurons");
      int count = blueprint.neurons(layer).units();
      double[] wanted = new double[count];
      for (int i = 0; i < count; i++) {
        int unit = i;
        wanted[i] =
            score(batch, tokens, sequences, (r, t) -> neurons[(r * length + t) * count + unit]);
      }
      requireClose(found.neurons(layer), wanted);

      float[] contexts = passing.get(block + ".heads"); // (batch, heads, tokens, head size)
      int heads = blueprint.heads(layer).units();
      double[] lengths = new double[heads];
      for (int head = 0; head < heads; head++) {
        for (int c = 0; c < size; c++) {
          int at = head;
          int channel = c;
          double one =
              score(
                  batch,
                  tokens,
                  sequences,
                  (r, t) -> contexts[((r * heads + at) * length + t) * size + channel]);
          lengths[head] += one * one;
        }
        lengths[head] = Math.sqrt(lengths[head]);
      }
      requireClose(found.heads(layer), lengths);

      passing.forEach(
          (place, norm) -> {
            if (place.startsWith("norm " + block + ".")) {
              for (int i = 0; i < hidden; i++) {
                int unit = i;
                stream[i] +=
                    score(
                        batch, tokens, sequences, (r, t) -> norm[(r * length + t) * hidden + unit]);
              }
            }
          });
      double distance = distance(batch, passing.get("in " + layer), passing.get("out " + layer));
      assertThat(found.distances()[layer]).isCloseTo(distance, within(1e-6));
    }
    requireClose(found.hidden(), stream);
  }

  private static double distance(TokenBatch batch, float[] before, float[] after) {
    int hidden = before.length / batch.mask().length;
    double sum = 0;
    int real = 0;
    for (int token = 0; token < batch.mask().length; token++) {
      if (batch.mask()[token] == 1) {
        double product = 0;
        double one = 0;
        double other = 0;
        for (int i = token * hidden; i < (token + 1) * hidden; i++) {
          product += (double) before[i] * after[i];
          one += (double) before[i] * before[i];
          other += (double) after[i] * after[i];
        }
        sum += product / Math.sqrt(one * other);
        real++;
      }
    }
    return 1 - sum / real;
  }

  private static void requireClose(double[] found, double[] wanted) {
    double largest = 0;
    for (double value : wanted) {
      largest = Math.max(largest, value);
    }
    assertThat(found).hasSize(wanted.length);
    for (int i = 0; i < wanted.length; i++) {
      assertThat(found[i]).isCloseTo(wanted[i], within(1e-5 * largest));
    }
  }

  /** GPT-2 stores its matrices the other way round. */
  @ParameterizedTest
  @CsvSource({
    "gpt2, transformer.h.%d.mlp.c_proj.weight, transformer.h.%d.attn.c_proj.weight, true",
    "gptj, transformer.h.%d.mlp.fc_out.weight, transformer.h.%d.attn.out_proj.weight, false",
    "qwen3, model.layers.%d.mlp.down_proj.weight, model.layers.%d.self_attn.o_proj.weight, false"
  })
  void contributions_are_scores_times_the_lengths_of_what_reads_the_units(
      String golden, String down, String out, boolean transposed) {
    DecoderBlueprint blueprint = blueprint(golden);
    var plain = listening(ScoreAggregation.MEAN, ScoreAggregation.L2, 1 << 20);
    ActivationScores fired = measure(golden, plain);
    ActivationScores added =
        measure(
            golden,
            new ActivationSettings(
                1,
                8,
                ScoreAggregation.MEAN,
                ScoreAggregation.L2,
                ImportanceCriterion.CONTRIBUTION,
                1 << 20,
                1));

    assertThat(added.fingerprint()).isNotEqualTo(fired.fingerprint());
    assertThat(added.hidden()).isEqualTo(fired.hidden());
    assertThat(added.distances()).isEqualTo(fired.distances());
    assertThat(heard).hasSize(2); // both are made of what was measured once
    for (int layer = 0; layer < 2; layer++) {
      int hidden = blueprint.hidden().units();
      TensorData reading = Golden.of(golden).model().read(down.formatted(layer));
      double[] neurons = fired.neurons(layer);
      for (int i = 0; i < neurons.length; i++) {
        neurons[i] *= length(reading, hidden, neurons.length, transposed, i, i + 1);
      }
      requireClose(added.neurons(layer), neurons);

      TensorData attended = Golden.of(golden).model().read(out.formatted(layer));
      double[] heads = fired.heads(layer);
      int size = blueprint.headSize();
      for (int i = 0; i < heads.length; i++) {
        heads[i] *=
            length(attended, hidden, heads.length * size, transposed, i * size, (i + 1) * size);
      }
      requireClose(added.heads(layer), heads);
    }
  }

  /** The length of all weights by which some inputs are read. */
  private static double length(
      TensorData weight, int outputs, int inputs, boolean transposed, int from, int to) {
    FloatBuffer values = weight.bytes().asFloatBuffer();
    assertThat(values.remaining()).isEqualTo(outputs * inputs);
    double squares = 0;
    for (int out = 0; out < outputs; out++) {
      for (int in = from; in < to; in++) {
        double value = values.get(transposed ? in * outputs + out : out * inputs + in);
        squares += value * value;
      }
    }
    return Math.sqrt(squares);
  }

  @Test
  void groups_are_made_of_neighbouring_heads() {
    Map<String, double[]> units =
        Map.of("heads", new double[] {2.2, .1, 1.1, 2.1, 3.0, 2.0, 0, 1.0});
    var activity = new ActivationScores("", List.of(new LayerActivationScores(units, 0)));

    assertThat(activity.groups(0, 2))
        .containsExactly(
            new double[] {
              Math.sqrt(2.2 * 2.2 + .1 * .1 + 1.1 * 1.1 + 2.1 * 2.1),
              Math.sqrt(3.0 * 3.0 + 2.0 * 2.0 + 1.0)
            },
            within(1e-12));
    assertThat(activity.groups(0, 8)).containsExactly(activity.heads(0), within(1e-12));
  }

  @Test
  void states_in_a_file_change_nothing() {
    ActivationScores memory =
        measure("gpt2", listening(ScoreAggregation.MEAN, ScoreAggregation.L2, 1 << 20));
    deleteScores();

    ActivationScores file =
        measure("gpt2", listening(ScoreAggregation.MEAN, ScoreAggregation.L2, 0));

    for (int layer = 0; layer < 2; layer++) {
      assertThat(file.neurons(layer)).containsExactly(memory.neurons(layer));
      assertThat(file.heads(layer)).containsExactly(memory.heads(layer));
    }
    assertThat(file.hidden()).containsExactly(memory.hidden());
    assertThat(file.distances()).containsExactly(memory.distances());
  }

  @Test
  void stored_activity_needs_no_pass_and_foreign_activity_is_not_taken() throws IOException {
    ActivationSettings settings = listening(ScoreAggregation.MEAN, ScoreAggregation.L2, 1 << 20);
    ActivationScores first = measure("gpt2", settings);
    assertThat(heard).hasSize(2);
    heard.clear();

    assertThat(measure("gpt2", settings).neurons(1)).containsExactly(first.neurons(1));
    assertThat(heard).isEmpty();
    measure("gpt2", listening(ScoreAggregation.L2, ScoreAggregation.L2, 1 << 20));
    assertThat(heard).as("other settings").hasSize(2);
    new ActivationMeasurement(
            blueprint("gpt2"), settings, GoldenTexts.ofModel("gpt2"), "other data")
        .measure(checkpoints, heard::add);
    assertThat(heard).as("other data").hasSize(4);

    Path own = file(first);
    Path foreign = file(measure("gptj", settings));
    Files.copy(foreign, own, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    heard.clear();
    assertThat(measure("gpt2", settings).neurons(1)).containsExactly(first.neurons(1));
    assertThat(heard).as("a file of another model").hasSize(2);
  }

  private Path file(ActivationScores activity) {
    return checkpoints.resolve(
        "minitron-scores-" + activity.fingerprint().substring(0, 16) + ".json");
  }

  private void deleteScores() {
    try (Stream<Path> files = Files.list(checkpoints)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"kept", "lost", "damaged", "of another"})
  void an_interrupted_measurement_goes_on_behind_the_layers_that_are_known(String states)
      throws IOException {
    ActivationSettings settings = listening(ScoreAggregation.MEAN, ScoreAggregation.L2, 0);
    var minitron =
        new ActivationMeasurement(
            blueprint("llama"), settings, GoldenTexts.ofModel("llama"), "data");
    assertThatThrownBy(
            () ->
                minitron.measure(
                    checkpoints,
                    Duration.ZERO,
                    step -> {
                      throw new IllegalStateException("stopped");
                    }))
        .hasMessage("stopped");
    Path file = only(".states");
    switch (states) {
      case "lost" -> Files.delete(file);
      case "damaged" -> Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 300));
      case "of another" -> SavedArrays.write(file, "of another", 0, slot -> null);
      default -> assertThat(file).isNotEmptyFile();
    }

    ActivationScores resumed = minitron.measure(checkpoints, Duration.ZERO, heard::add);

    assertThat(heard).hasSize(states.equals("kept") ? 1 : 2);
    assertThat(file).as("states are not needed any more").doesNotExist();
    deleteScores();
    ActivationScores whole = minitron.measure(checkpoints, heard::add);
    assertThat(resumed.neurons(0)).containsExactly(whole.neurons(0));
    assertThat(resumed.neurons(1)).containsExactly(whole.neurons(1));
    assertThat(resumed.hidden()).containsExactly(whole.hidden());
    assertThat(resumed.distances()).containsExactly(whole.distances());
  }

  private Path only(String ending) throws IOException {
    try (Stream<Path> files = Files.list(checkpoints)) {
      List<Path> found = files.filter(file -> file.toString().endsWith(ending)).toList();
      assertThat(found).hasSize(1);
      return found.get(0);
    }
  }
}
