package io.espalier.worker.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.domain.model.TensorSpec.Role;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class WeightsTest {
  private static final Axis HEADS = new Axis("heads", 3);
  private static final Architecture SMALL =
      new Architecture(
          "test",
          "small",
          List.of(
              new TensorSpec(
                  "w", List.of(new Dimension.Along(HEADS, 2), Dimension.fixed(2)), Role.PARAMETER),
              new TensorSpec("b", List.of(new Dimension.Along(HEADS, 2)), Role.NORM_PARAMETER),
              new TensorSpec("count", List.of(), Role.BUFFER)),
          List.of(HEADS),
          List.of(),
          Map.of());

  /** Bits of a random number that leave a number of any type. */
  private static final int SOUND = 0xbfffbfff;

  @TempDir private Path directory;
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = PyTorch.newManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void bf16_is_widened_and_comes_back_bit_for_bit() throws IOException {
    short[] patterns = {0x3f80, (short) 0xc049, 0x0001, 0x7f80, (short) 0x8000, 0x7f7f};
    ByteBuffer bytes = buffer(12);
    for (short pattern : patterns) {
      bytes.putShort(pattern);
    }
    ModelDirectory model = write(new TensorData(DType.BF16, new long[] {6}, bytes.flip()));

    try (Weights weights = Weights.load(model, SMALL, manager)) {
      TensorData stored = weights.toTensorData().get("b");

      assertThat(weights.get("b").toFloatArray())
          .containsExactly(
              1f,
              Float.intBitsToFloat(0xc0490000),
              Float.intBitsToFloat(0x00010000),
              Float.POSITIVE_INFINITY,
              -0f,
              Float.intBitsToFloat(0x7f7f0000));
      assertThat(stored.dtype()).isEqualTo(DType.BF16);
      short[] back = new short[patterns.length];
      stored.bytes().asShortBuffer().get(back);
      assertThat(back).containsExactly(patterns);
    }
  }

  /** Large tensors are widened piece by piece. */
  @Test
  void bf16_of_more_than_one_piece_is_widened_in_order() throws IOException {
    int rows = Tensors.PIECE / 2 + 1;
    ByteBuffer bytes = buffer(rows * 2 * Short.BYTES);
    for (int i = 0; i < rows * 2; i++) {
      bytes.putShort((short) (0x3f80 + i % 1000));
    }
    var tall =
        new Architecture(
            "test",
            "tall",
            List.of(
                new TensorSpec(
                    "w", List.of(Dimension.fixed(rows), Dimension.fixed(2)), Role.PARAMETER)),
            List.of(),
            List.of(),
            Map.of());
    SafetensorsWriter.write(
        directory.resolve("model.safetensors"),
        new TreeMap<>(Map.of("w", new TensorData(DType.BF16, new long[] {rows, 2}, bytes.flip()))));
    Files.writeString(directory.resolve("config.json"), "{}");

    try (Weights weights = Weights.load(ModelDirectory.open(directory), tall, manager)) {
      float[] found = weights.get("w").toFloatArray();

      assertThat(found).hasSize(rows * 2);
      for (int i = 0; i < found.length; i++) {
        if (found[i] != bits((0x3f80 + i % 1000) << 16)) {
          assertThat(found[i]).as("element %d", i).isEqualTo(bits((0x3f80 + i % 1000) << 16));
        }
      }
    }
  }

  @Test
  void some_tensors_can_be_loaded_alone() throws IOException {
    ModelDirectory model = write(floats(0, 1, 2, 3, 4, 5));

    Architecture part = SMALL.parts(List.of(List.of("count", "b"))).get(0);

    try (Weights weights = Weights.load(model, part, Kept.all(), manager)) {
      assertThat(weights.names()).containsExactly("b", "count");
      assertThat(weights.architecture().axes()).isEqualTo(SMALL.axes());
      assertThat(weights.trainable()).containsExactly("b");
      Weights kept = weights.keep(new Kept(Map.of("heads", new int[] {1})));
      assertThat(kept.get("b").toFloatArray()).containsExactly(2, 3);
    }
  }

  @Test
  void what_is_cut_while_it_is_loaded_is_what_is_cut_afterwards() throws IOException {
    ModelDirectory model = write(floats(0, 1, 2, 3, 4, 5));
    var kept = new Kept(Map.of("heads", new int[] {0, 2}));

    try (Weights whole = Weights.load(model, SMALL, manager);
        Weights after = whole.keep(kept);
        Weights atOnce = Weights.load(model, SMALL, kept, manager)) {
      assertThat(atOnce.names()).isEqualTo(after.names());
      assertThat(atOnce.architecture().shapes().get("b")).containsExactly(4);
      for (String name : after.names()) {
        assertThat(atOnce.get(name).getShape()).as(name).isEqualTo(after.get(name).getShape());
        assertThat(atOnce.get(name).toByteBuffer())
            .as(name)
            .isEqualTo(after.get(name).toByteBuffer());
      }
    }
  }

  /** So many that neither all rows nor those that stay are one piece. */
  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16", "F64", "I64"})
  void rows_that_are_read_alone_are_those_that_are_cut_out_of_the_whole(DType type)
      throws IOException {
    var rows = new Axis("rows", Tensors.PIECE / 512);
    var columns = new Axis("columns", 1025);
    var large =
        new Architecture(
            "test",
            "large",
            List.of(
                new TensorSpec(
                    "w", List.of(Dimension.along(rows), Dimension.along(columns)), Role.PARAMETER)),
            List.of(rows, columns),
            List.of(),
            Map.of());
    long[] shape = {rows.units(), columns.units()};
    ByteBuffer bytes = buffer(Math.toIntExact(type.bytes(shape)));
    new Random(1).ints(bytes.remaining() / Integer.BYTES).forEach(i -> bytes.putInt(i & SOUND));
    SafetensorsWriter.write(
        directory.resolve("model.safetensors"),
        new TreeMap<>(Map.of("w", new TensorData(type, shape, bytes.rewind()))));
    Files.writeString(directory.resolve("config.json"), "{}");
    ModelDirectory model = ModelDirectory.open(directory);
    int[] some =
        IntStream.range(0, rows.units()).filter(i -> i < 9 ? i % 3 == 1 : i > 3000).toArray();

    for (int[] left : new int[][] {{}, {0, 7, 1024}}) {
      Kept kept = new Kept(Map.of("rows", some));
      kept = left.length == 0 ? kept : kept.with(columns, left);
      try (Weights whole = Weights.load(model, large, manager);
          Weights after = whole.keep(kept);
          Weights atOnce = Weights.load(model, large, kept, manager)) {
        assertThat(atOnce.get("w").getShape()).isEqualTo(after.get("w").getShape());
        assertThat(atOnce.get("w").getDataType()).isEqualTo(after.get("w").getDataType());
        assertThat(atOnce.get("w").toByteBuffer()).isEqualTo(after.get("w").toByteBuffer());
        assertThat(atOnce.toTensorData().get("w").dtype()).isEqualTo(type);
      }
    }
  }

  @Test
  void what_is_trained_as_bf16_is_stored_rounded_to_nearest_even() throws IOException {
    ModelDirectory model = write(new TensorData(DType.BF16, new long[] {6}, buffer(12)));

    try (Weights weights = Weights.load(model, SMALL, manager);
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      float[] trained = {
        bits(0x3f808000), // halfway, even below
        bits(0x3f818000), // halfway, odd below
        bits(0x3f808001), // above halfway
        bits(0x3f807fff), // below halfway
        bits(0x7f7fffff), // overflows to infinity
        Float.NaN
      };
      Tensors.addScaledInPlace(weights.get("b"), Tensors.of(manager, trained, 6), 1);

      ByteBuffer stored = weights.toTensorData().get("b").bytes();

      assertThat(stored.getShort()).isEqualTo((short) 0x3f80);
      assertThat(stored.getShort()).isEqualTo((short) 0x3f82);
      assertThat(stored.getShort()).isEqualTo((short) 0x3f81);
      assertThat(stored.getShort()).isEqualTo((short) 0x3f80);
      assertThat(stored.getShort()).isEqualTo((short) 0x7f80);
      assertThat(Float.intBitsToFloat(stored.getShort() << 16)).isNaN();
    }
  }

  @Test
  void f16_and_f64_are_computed_in_f32_and_stored_as_they_came() throws IOException {
    ByteBuffer half = buffer(12);
    for (int pattern : new int[] {0x3c00, 0xc100, 0x3555, 0x0001, 0x7bff, 0x0000}) {
      half.putShort((short) pattern);
    }
    ByteBuffer twice = buffer(96);
    for (int i = 0; i < 12; i++) {
      twice.putDouble(i * 0.25);
    }
    ModelDirectory model =
        write(
            new TensorData(DType.F64, new long[] {6, 2}, twice.flip()),
            new TensorData(DType.F16, new long[] {6}, half.flip()));

    try (Weights weights = Weights.load(model, SMALL, manager)) {
      Map<String, TensorData> stored = weights.toTensorData();

      assertThat(weights.get("b").getDataType()).isEqualTo(DataType.FLOAT32);
      assertThat(weights.get("b").toFloatArray())
          .containsExactly(1f, -2.5f, 0.33325195f, 5.9604645e-8f, 65504f, 0f);
      assertThat(weights.get("w").getDataType()).isEqualTo(DataType.FLOAT32);
      assertThat(stored.get("b").bytes()).isEqualTo(model.read("b").bytes());
      assertThat(stored.get("w").bytes()).isEqualTo(model.read("w").bytes());
      assertThat(stored.get("count").bytes().getLong()).isEqualTo(42);
    }
  }

  @Test
  void keeping_units_keeps_their_blocks_in_every_tensor_of_the_axis() throws IOException {
    Weights weights = Weights.load(write(floats(0, 1, 2, 3, 4, 5)), SMALL, manager);

    Weights kept = weights.keep(new Kept(Map.of("heads", new int[] {0, 2})));
    weights.close();

    assertThat(kept.get("b").toFloatArray()).containsExactly(0, 1, 4, 5);
    assertThat(kept.get("w").toFloatArray()).containsExactly(0, 1, 2, 3, 8, 9, 10, 11);
    assertThat(kept.architecture().shapes().get("w")).containsExactly(4, 2);
    assertThat(kept.get("count").toLongArray()).containsExactly(42);
  }

  @Test
  void a_cut_that_does_not_exist_is_refused() throws IOException {
    Weights weights = Weights.load(write(floats(0, 1, 2, 3, 4, 5)), SMALL, manager);

    assertThatThrownBy(() -> weights.keep(new Kept(Map.of("heads", new int[] {1, 3}))))
        .hasMessageContaining("'heads' of small has units 0 to 2")
        .hasMessageContaining("1 to 3");
    assertThatThrownBy(() -> weights.keep(new Kept(Map.of("neurons", new int[] {0}))))
        .hasMessageContaining("no axis 'neurons'")
        .hasMessageContaining("heads");
  }

  @Test
  void weights_outlive_the_scope_that_they_were_loaded_in() throws IOException {
    Weights weights;
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      weights = Weights.load(write(floats(0, 1, 2, 3, 4, 5)), SMALL, manager);
    }

    assertThat(weights.get("b").toFloatArray()).containsExactly(0, 1, 2, 3, 4, 5);
  }

  @Test
  void types_that_cannot_be_computed_with_are_refused_by_name() throws IOException {
    ModelDirectory model = write(new TensorData(DType.I16, new long[] {6}, buffer(12)));

    assertThatThrownBy(() -> Weights.load(model, SMALL, manager))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("tensor 'b' is of type I16")
        .hasMessageContaining("F32, F16, BF16, F64 or I64");
  }

  @Test
  void only_what_is_trained_gets_gradients() throws IOException {
    Weights weights = Weights.load(write(floats(0, 1, 2, 3, 4, 5)), SMALL, manager);

    weights.requireGradients(true);

    assertThat(weights.trainable()).containsExactly("w", "b");
    assertThat(weights.get("w").hasGradient()).isTrue();
    assertThat(weights.get("count").hasGradient()).isFalse();
  }

  private ModelDirectory write(TensorData b) throws IOException {
    float[] twelve = new float[12];
    for (int i = 0; i < 12; i++) {
      twelve[i] = i;
    }
    ByteBuffer bytes = buffer(48);
    bytes.asFloatBuffer().put(twelve);
    return write(new TensorData(DType.F32, new long[] {6, 2}, bytes), b);
  }

  private ModelDirectory write(TensorData w, TensorData b) throws IOException {
    var tensors = new TreeMap<String, TensorData>();
    tensors.put("w", w);
    tensors.put("b", b);
    tensors.put("count", new TensorData(DType.I64, new long[0], buffer(8).putLong(42).flip()));
    SafetensorsWriter.write(directory.resolve("model.safetensors"), tensors);
    Files.writeString(directory.resolve("config.json"), "{}");
    return ModelDirectory.open(directory);
  }

  private static TensorData floats(float... values) {
    ByteBuffer bytes = buffer(4 * values.length);
    bytes.asFloatBuffer().put(values);
    return new TensorData(DType.F32, new long[] {values.length}, bytes);
  }

  private static float bits(int pattern) {
    return Float.intBitsToFloat(pattern);
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
