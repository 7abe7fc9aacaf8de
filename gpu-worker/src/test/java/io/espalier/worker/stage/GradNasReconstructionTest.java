package io.espalier.worker.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.SafetensorsFile;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.stage.prune.PruneStage;
import io.espalier.worker.tensor.Golden;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Files of a BERT that GradNAS has cut, solved for and not. */
class GradNasReconstructionTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int HEAD = 8;
  private static final String SPEC =
      "{\"algorithm\":\"gradnas\",\"constraints\":{\"flops\":\"60%\"},\"neuronDivisor\":8,"
          + "\"batchSize\":4,\"maxLength\":48,\"output\":\"per-layer\","
          + "\"reconstruct\":\"MODE\"}";

  @TempDir Path folder;

  private final PruneStage stage = new PruneStage();

  @Test
  void off_leaves_the_bytes_of_the_units_that_stay_and_nothing_else() throws IOException {
    Path model = model();

    Path cut = pruned(model, "off", "cut");

    JsonNode kept = kept(cut);
    assertThat(kept).isNotEmpty();
    SafetensorsFile before = weights(model);
    SafetensorsFile after = weights(cut);
    assertThat(after.tensors().keySet()).isEqualTo(before.tensors().keySet());
    for (String name : before.tensors().keySet()) {
      assertThat(bytes(after.read(name)))
          .as(name)
          .isEqualTo(selected(before.read(name), name, kept));
    }
  }

  @Test
  void what_is_not_solved_for_keeps_the_bytes_of_the_plain_cut() throws IOException {
    Path model = model();

    SafetensorsFile cut = weights(pruned(model, "off", "cut"));
    SafetensorsFile solved = weights(pruned(model, "auto", "solved"));

    List<String> changed =
        cut.tensors().keySet().stream()
            .filter(name -> !Arrays.equals(bytes(cut.read(name)), bytes(solved.read(name))))
            .toList();
    assertThat(changed)
        .isNotEmpty()
        .allMatch(name -> name.matches(".*\\.(attention\\.)?output\\.dense\\.(weight|bias)"));
  }

  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void half_precision_stays_and_values_are_rounded_once(DType type) throws IOException {
    Path half = converted(model(), "half", tensor -> Halves.narrow(type, tensor));
    Path whole = converted(half, "whole", Halves::widen); // the same numbers

    Path narrow = pruned(half, "on", "narrow");
    Path wide = pruned(whole, "on", "wide");

    assertThat(kept(narrow)).isEqualTo(kept(wide));
    SafetensorsFile found = weights(narrow);
    SafetensorsFile wanted = weights(wide);
    assertThat(found.tensors().values()).allMatch(tensor -> tensor.dtype() == type);
    int inexact = 0;
    for (String name : wanted.tensors().keySet()) {
      float[] exact = floats(wanted.read(name));
      float[] rounded = floats(Halves.widen(found.read(name)));
      for (int i = 0; i < exact.length; i++) {
        assertThat((double) rounded[i])
            .as(name)
            .isCloseTo(exact[i], within(Halves.rounding(type, exact[i])));
        inexact += rounded[i] == exact[i] ? 0 : 1;
      }
    }
    assertThat(inexact).as("numbers that were solved for").isPositive();
  }

  @ParameterizedTest
  @EnumSource(names = {"F8_E4M3", "F8_E5M2", "I8", "U8"})
  void a_type_that_cannot_be_computed_with_is_refused_by_name_before_any_work(DType type)
      throws IOException {
    String one = "bert.encoder.layer.1.output.dense.weight";
    Path stored = folder.resolve("stored");
    Path model = model();
    SafetensorsFile whole = weights(model);
    var tensors = new LinkedHashMap<String, TensorData>();
    whole.tensors().keySet().forEach(name -> tensors.put(name, whole.read(name)));
    long[] shape = whole.read(one).shape();
    tensors.put(one, new TensorData(type, shape, ByteBuffer.allocate((int) (shape[0] * shape[1]))));
    copy(model, stored, tensors);

    assertThatThrownBy(() -> stage.check(job(stored, "auto", "none")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "%s: tensor '%s': wanted one of [F16, BF16, F32, F64], found %s; store it as floating"
                + " point",
            stored.toRealPath(), one, type);
  }

  /** By hand: rows or columns of the units that stay. */
  private static byte[] selected(TensorData tensor, String name, JsonNode kept) {
    String[] parts = name.split("(?<=layer\\.[0-9])\\.", -1);
    String heads = parts[0] + ".heads";
    String neurons = parts[0] + ".neurons";
    String rest = parts.length == 2 ? parts[1] : "";
    if (rest.startsWith("attention.self")) {
      return rows(tensor, units(kept.path(heads), HEAD, 4));
    }
    if (rest.equals("attention.output.dense.weight")) {
      return columns(tensor, units(kept.path(heads), HEAD, 4));
    }
    if (rest.startsWith("intermediate.dense")) {
      return rows(tensor, units(kept.path(neurons), 1, 64));
    }
    return rest.equals("output.dense.weight")
        ? columns(tensor, units(kept.path(neurons), 1, 64))
        : bytes(tensor);
  }

  private static int[] units(JsonNode listed, int size, int all) {
    var units = new ArrayList<Integer>();
    listed.forEach(unit -> units.add(unit.intValue()));
    if (listed.isMissingNode()) { // all stay
      IntStream.range(0, all).forEach(units::add);
    }
    return units.stream()
        .flatMapToInt(unit -> IntStream.range(unit * size, (unit + 1) * size))
        .toArray();
  }

  private static byte[] rows(TensorData tensor, int... rows) {
    byte[] all = bytes(tensor);
    int width = all.length / Math.toIntExact(tensor.shape()[0]);
    ByteBuffer left = ByteBuffer.allocate(rows.length * width);
    for (int row : rows) {
      left.put(all, row * width, width);
    }
    return left.array();
  }

  private static byte[] columns(TensorData tensor, int... columns) {
    byte[] all = bytes(tensor);
    int height = Math.toIntExact(tensor.shape()[0]);
    int width = Math.toIntExact(tensor.shape()[1]);
    ByteBuffer left = ByteBuffer.allocate(height * columns.length * Float.BYTES);
    for (int row = 0; row < height; row++) {
      for (int column : columns) {
        left.put(all, (row * width + column) * Float.BYTES, Float.BYTES);
      }
    }
    return left.array();
  }

  private static byte[] bytes(TensorData tensor) {
    byte[] all = new byte[tensor.bytes().remaining()];
    tensor.bytes().get(all);
    return all;
  }

  private static float[] floats(TensorData tensor) {
    ByteBuffer numbers = tensor.bytes().order(ByteOrder.LITTLE_ENDIAN);
    float[] floats = new float[numbers.remaining() / Float.BYTES];
    numbers.asFloatBuffer().get(floats);
    return floats;
  }

  private Path model() throws IOException {
    Files.writeString(folder.resolve("texts.txt"), TextModels.words(64, 5));
    return TextModels.write(
        folder.resolve("model"),
        TextModels.BERT.formatted("BertForMaskedLM"),
        Golden.of("scores/squad-windows").directory().resolve("tokenizer.json"),
        3);
  }

  private Path pruned(Path model, String mode, String output) {
    stage.run(job(model, mode, output), Progress.Listener.NONE);
    return folder.resolve(output);
  }

  private StageJob job(Path model, String mode, String output) {
    return new StageJob(
        "run",
        0,
        1,
        StageKind.PRUNE,
        SPEC.replace("MODE", mode),
        model,
        folder.resolve(output),
        folder.resolve("checkpoints"),
        Map.of("eval", folder.resolve("texts.txt").toUri()),
        7);
  }

  private static JsonNode kept(Path result) throws IOException {
    return JSON.readTree(result.resolve("espalier.json").toFile()).at("/stages/0/kept");
  }

  private static SafetensorsFile weights(Path model) {
    return SafetensorsFile.open(model.resolve("model.safetensors"));
  }

  private Path converted(Path model, String name, UnaryOperator<TensorData> conversion)
      throws IOException {
    SafetensorsFile all = weights(model);
    var tensors = new LinkedHashMap<String, TensorData>();
    all.tensors().keySet().forEach(each -> tensors.put(each, conversion.apply(all.read(each))));
    return copy(model, folder.resolve(name), tensors);
  }

  private static Path copy(Path model, Path target, Map<String, TensorData> tensors)
      throws IOException {
    Files.createDirectories(target);
    for (String file : Set.of("config.json", "tokenizer.json")) {
      Files.copy(model.resolve(file), target.resolve(file));
    }
    SafetensorsWriter.write(target.resolve("model.safetensors"), tensors);
    return target;
  }

  /** Types of two bytes, bit by bit. */
  private static final class Halves {
    private static final int BF16_BELOW = 16;
    private static final int F16_BELOW = 13;
    private static final int F16_BIAS = 15;
    private static final int F32_BIAS = 127;

    private Halves() {}

    /** Numbers without what a type has no bits for, towards zero. */
    static TensorData narrow(DType type, TensorData tensor) {
      float[] numbers = floats(tensor);
      ByteBuffer bytes =
          ByteBuffer.allocate(numbers.length * Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      for (float number : numbers) {
        int bits = Float.floatToRawIntBits(number);
        bytes.putShort((short) (type == DType.BF16 ? bits >>> BF16_BELOW : half(bits)));
      }
      return new TensorData(type, tensor.shape(), bytes.flip().order(ByteOrder.LITTLE_ENDIAN));
    }

    /** Numbers that are too small for a normal one become zero; none here is too large. */
    private static int half(int bits) {
      int sign = bits >>> 31 << 15;
      int exponent = ((bits >>> 23) & 0xFF) - F32_BIAS + F16_BIAS;
      return exponent <= 0 ? sign : sign | (exponent << 10) | ((bits >>> F16_BELOW) & 0x3FF);
    }

    /** The same numbers in four bytes. */
    static TensorData widen(TensorData tensor) {
      var shorts = tensor.bytes().order(ByteOrder.LITTLE_ENDIAN).asShortBuffer();
      ByteBuffer bytes =
          ByteBuffer.allocate(shorts.remaining() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      while (shorts.hasRemaining()) {
        int bits = shorts.get() & 0xFFFF;
        bytes.putFloat(
            tensor.dtype() == DType.BF16
                ? Float.intBitsToFloat(bits << BF16_BELOW)
                : (float) ofHalf(bits));
      }
      return new TensorData(DType.F32, tensor.shape(), bytes.flip().order(ByteOrder.LITTLE_ENDIAN));
    }

    private static double ofHalf(int bits) {
      int exponent = (bits >>> 10) & 0x1F;
      int significand = bits & 0x3FF;
      double size =
          exponent == 0
              ? Math.scalb((double) significand, -24)
              : Math.scalb(1024.0 + significand, exponent - 25);
      return bits >>> 15 == 1 ? -size : size;
    }

    /** Half of the distance of neighbouring numbers. */
    static double rounding(DType type, float number) {
      int exponent = Math.getExponent(number);
      return type == DType.BF16
          ? Math.scalb(1.0, exponent - 8)
          : Math.scalb(1.0, Math.max(exponent, -14) - 11);
    }
  }
}
