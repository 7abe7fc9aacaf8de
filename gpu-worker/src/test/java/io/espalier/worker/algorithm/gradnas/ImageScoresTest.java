package io.espalier.worker.algorithm.gradnas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.algorithm.evaluate.SampleLossData;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.model.ImageTransformerModel;
import io.espalier.worker.model.family.MaskableNetwork.Block;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.GoldenImages;
import io.espalier.worker.tensor.Weights;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Gradients of transformers that read images, as PyTorch has them of models of transformers and
 * timm; {@code golden/vit/make.py}.
 */
final class ImageScoresTest {
  private static final double TOLERANCE = 1e-3;

  @ParameterizedTest
  @CsvSource({"vit, 1", "vit, 5", "timm-vit, 3"})
  void gradients_of_masks_are_those_of_pytorch(String name, int piece) {
    Golden golden = Golden.of(name);
    ImageTransformerModel model = ImageTransformerModel.of(golden.model());
    Golden oracle = Golden.of("scores/masked-" + name);
    try (Weights weights = Weights.load(model.directory(), model.architecture());
        var gradients = new MaskGradients(weights, model.architecture().prunableAxes(), piece)) {
      var data = SampleLossData.ofImages(model.network(), new GoldenImages(golden));
      int[] all = IntStream.range(0, data.size()).toArray();

      MaskGradients.Of found = gradients.of(data, all, "batch");

      assertThat(found.mean()).isCloseTo(floats(golden.read("expected", "loss"))[0], within(1e-5));
      assertThat(found.byAxis()).hasSize(4);
      for (Unit unit : units(model)) {
        requireClose(oracle, "gradient." + unit.stored(), wide(found.byAxis().get(unit.axis())));
      }
    }
  }

  /** An axis and the name by which the oracle has its numbers. */
  private record Unit(String axis, String stored) {}

  private static List<Unit> units(ImageTransformerModel model) {
    List<Block> blocks = Block.of(model.architecture());
    return IntStream.range(0, blocks.size())
        .boxed()
        .flatMap(
            layer ->
                List.of(
                    new Unit(blocks.get(layer).heads(), "layer." + layer + ".heads"),
                    new Unit(blocks.get(layer).neurons(), "layer." + layer + ".neurons"))
                    .stream())
        .toList();
  }

  private static void requireClose(Golden oracle, String tensor, double[] found) {
    float[] expected = floats(oracle.read("scores", tensor));
    double largest = 0;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertThat(largest).as(tensor).isPositive();
    assertThat(found).as(tensor).containsExactly(wide(expected), within(TOLERANCE * largest));
  }

  private static double[] wide(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
  }

  private static float[] floats(TensorData data) {
    float[] values = new float[data.bytes().remaining() / Float.BYTES];
    data.bytes().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }
}
