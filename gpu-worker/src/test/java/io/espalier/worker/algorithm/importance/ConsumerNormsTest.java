package io.espalier.worker.algorithm.importance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.SafetensorsFile;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.domain.model.Window;
import io.espalier.worker.model.VisionModel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConsumerNormsTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden");

  @ParameterizedTest
  @ValueSource(strings = {"cifar-resnet20", "resnet18", "resnet50"})
  void norms_equal_those_of_the_reference(String model) {
    ModelDirectory directory = ModelDirectory.open(GOLDEN.resolve(model));
    Architecture architecture = VisionModel.of(directory).architecture();
    SafetensorsFile golden =
        SafetensorsFile.open(GOLDEN.resolve("scores/fastnas-" + model + "/scores.safetensors"));

    assertThat(golden.tensors()).isNotEmpty();
    for (String module : golden.tensors().keySet()) {
      double[] expected = floats(golden.read(module));
      Axis axis = axis(architecture, module + ".out");
      Layer consumer = architecture.consumers(axis).get(0);

      double[] norms = ConsumerNorms.of(consumer, axis, directory.read(consumer.weight()));

      double tolerance = 1e-3 * DoubleStream.of(expected).max().orElseThrow();
      assertThat(norms).containsExactly(expected, within(tolerance));
    }
  }

  @Test
  void several_consumers_count_alike_whatever_their_scale() {
    Axis axis = new Axis("x", 3);
    Architecture two =
        new Architecture(
            "test",
            "test",
            List.of(),
            List.of(axis),
            List.of(linear("small", axis), linear("large", axis)),
            Map.of());
    Map<String, TensorData> weights =
        Map.of("small", row(0.3f, -0.4f, 0.1f), "large", row(100, 200, -400));

    double[] importance =
        ConsumerNorms.importance(two, name -> java.util.Objects.requireNonNull(weights.get(name)))
            .get("x");

    assertThat(importance).containsExactly(new double[] {1.0, 1.5, 1.25}, within(1e-6));
  }

  @Test
  void half_precision_is_read_as_it_is_meant() {
    // 1, -2, 0.5 in binary16 and bfloat16; 2^-24, the smallest of binary16, comes last
    Axis axis = new Axis("x", 4);
    Layer layer = linear("w", axis);
    TensorData half = shorts(DType.F16, 0x3c00, 0xc000, 0x3800, 0x0001);
    TensorData brain = shorts(DType.BF16, 0x3f80, 0xc000, 0x3f00, 0x3380);

    double[] expected = {1, 2, 0.5, Math.pow(2, -24)};

    assertThat(ConsumerNorms.of(layer, axis, half)).containsExactly(expected);
    assertThat(ConsumerNorms.of(layer, axis, brain)).containsExactly(expected);
  }

  private static Axis axis(Architecture architecture, String name) {
    return architecture.axes().stream()
        .filter(axis -> axis.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static Layer linear(String name, Axis in) {
    return new Layer(name, Dimension.fixed(1), Dimension.along(in), Window.ONCE, false, false);
  }

  private static TensorData row(float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return new TensorData(DType.F32, new long[] {1, values.length}, bytes.flip());
  }

  private static TensorData shorts(DType type, int... values) {
    ByteBuffer bytes = ByteBuffer.allocate(2 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      bytes.putShort((short) value);
    }
    return new TensorData(type, new long[] {1, values.length}, bytes.flip());
  }

  private static double[] floats(TensorData tensor) {
    var floats = tensor.bytes().asFloatBuffer();
    double[] values = new double[floats.remaining()];
    for (int i = 0; i < values.length; i++) {
      values[i] = floats.get(i);
    }
    return values;
  }
}
