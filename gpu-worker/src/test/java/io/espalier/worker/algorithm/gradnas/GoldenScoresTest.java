package io.espalier.worker.algorithm.gradnas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.algorithm.evaluate.SampleLossData;
import io.espalier.worker.algorithm.evaluate.TextLoss;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.MaskableNetwork.Block;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Gradients, scores and losses as Hugging Face's models and PyTorch compute them; of questions as
 * they do of each sequence alone, since in a batch they take padding for a possible answer.
 */
class GoldenScoresTest {
  private static final double TOLERANCE = 1e-3;
  private static final String ALONE = "bert-qa-alone";

  @ParameterizedTest
  @CsvSource({"bert-qa, 1", "bert-qa, 3", "gptj, 1", "gptj, 4"})
  void squared_gradients_of_masks_are_those_of_pytorch(String name, int piece) {
    TextModel model = TextModel.of(Golden.of(name).model());
    Golden oracle = Golden.of("scores/gradnas-" + (name.equals("bert-qa") ? ALONE : name));
    var scores = new UnitScores("", 0, 0, Map.of());
    TextLoss loss = TextLoss.of(model.network().input());
    try (Weights weights = Weights.load(model.directory(), model.architecture());
        var gradients = new MaskGradients(weights, model.architecture().prunableAxes(), piece)) {
      for (int batch = 0; batch < 3; batch++) {
        TextDataset data = new GoldenBatch(oracle, "batch." + batch + ".");
        int[] all = java.util.stream.IntStream.range(0, data.size()).toArray();
        MaskGradients.Of found =
            gradients.of(
                SampleLossData.ofTexts(model.network(), loss, data), all, "batch " + batch);
        assertThat(found.mean())
            .isCloseTo(floats(oracle.read("scores", "losses"))[batch], within(1e-4));
        requireGradients(model, oracle, batch, found);
        scores = scores.with(found);
      }
    }
    List<Block> blocks = Block.of(model.architecture());
    for (int layer = 0; layer < blocks.size(); layer++) {
      Map<String, double[]> byAxis = scores.byAxis();
      requireClose(oracle, "layer." + layer + ".heads", byAxis.get(blocks.get(layer).heads()));
      requireClose(oracle, "layer." + layer + ".neurons", byAxis.get(blocks.get(layer).neurons()));
    }
  }

  private static void requireGradients(
      TextModel model, Golden oracle, int batch, MaskGradients.Of found) {
    List<Block> blocks = Block.of(model.architecture());
    for (int layer = 0; layer < blocks.size(); layer++) {
      String stem = "batch." + batch + ".layer." + layer;
      Block block = blocks.get(layer);
      requireClose(oracle, stem + ".heads.gradient", doubles(found.byAxis().get(block.heads())));
      requireClose(
          oracle, stem + ".neurons.gradient", doubles(found.byAxis().get(block.neurons())));
    }
  }

  @ParameterizedTest
  @MethodSource("io.espalier.worker.tensor.Golden#texts")
  void losses_are_those_of_the_models_themselves(String name) throws IOException {
    Golden golden = Golden.of(name);
    TextModel model = TextModel.of(golden.model());
    TextLoss loss = TextLoss.of(model.network().input());
    var data = new GoldenBatch(golden, "");
    int[] all = java.util.stream.IntStream.range(0, data.size()).toArray();
    try (Weights weights = Weights.load(model.directory(), model.architecture());
        var gradients = new MaskGradients(weights, heads(model.architecture()), 2)) {
      double expected = name.endsWith("-qa") ? alone(name) : loss(golden);

      assertThat(
              gradients.of(SampleLossData.ofTexts(model.network(), loss, data), all, name).mean())
          .isCloseTo(expected, within(2e-5 * expected));
    }
  }

  private static double loss(Golden golden) {
    return floats(golden.read("expected", "loss"))[0];
  }

  private static double alone(String name) throws IOException {
    Path losses = Golden.of("scores/gradnas-" + ALONE).directory().resolve("losses.json");
    return new ObjectMapper().readTree(losses.toFile()).path(name).asDouble();
  }

  private static List<Axis> heads(Architecture architecture) {
    return architecture.axes().stream().filter(axis -> axis.name().endsWith(".heads")).toList();
  }

  private static void requireClose(Golden oracle, String tensor, double[] found) {
    float[] expected = floats(oracle.read("scores", tensor));
    double largest = 0;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertThat(found).as(tensor).hasSize(expected.length);
    for (int i = 0; i < found.length; i++) {
      assertThat(found[i]).as(tensor).isCloseTo(expected[i], within(TOLERANCE * largest));
    }
  }

  private static double[] doubles(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  private static float[] floats(TensorData data) {
    float[] values = new float[data.bytes().remaining() / Float.BYTES];
    data.bytes().asFloatBuffer().get(values);
    return values;
  }

  /** The sequences of one batch of a fixture, each row one of them. */
  private record GoldenBatch(Golden golden, String prefix) implements TextDataset {
    @Override
    public int size() {
      return (int) golden.read("inputs", prefix + "input_ids").shape()[0];
    }

    @Override
    public boolean labelled() {
      return true;
    }

    @Override
    public int length() {
      return (int) golden.read("inputs", prefix + "input_ids").shape()[1];
    }

    @Override
    public TokenBatch batch(int[] rows) {
      return new TokenBatch(
          rows.length,
          length(),
          rows("input_ids", rows),
          rows("attention_mask", rows),
          has("token_type_ids") ? rows("token_type_ids", rows) : new long[rows.length * length()],
          labels(rows));
    }

    private long[] labels(int[] rows) {
      if (has("labels")) {
        return rows("labels", rows);
      }
      long[] starts = rows("start_positions", rows);
      long[] ends = rows("end_positions", rows);
      long[] labels = new long[2 * rows.length];
      for (int i = 0; i < rows.length; i++) {
        labels[2 * i] = starts[i];
        labels[2 * i + 1] = ends[i];
      }
      return labels;
    }

    private boolean has(String tensor) {
      return golden.has("inputs", prefix + tensor);
    }

    private long[] rows(String tensor, int[] rows) {
      TensorData data = golden.read("inputs", prefix + tensor);
      long[] all = new long[data.bytes().remaining() / Long.BYTES];
      data.bytes().asLongBuffer().get(all);
      int width = all.length / size();
      long[] some = new long[rows.length * width];
      for (int i = 0; i < rows.length; i++) {
        System.arraycopy(all, rows[i] * width, some, i * width, width);
      }
      return some;
    }

    @Override
    public String fingerprint() {
      return golden.directory() + prefix;
    }
  }
}
