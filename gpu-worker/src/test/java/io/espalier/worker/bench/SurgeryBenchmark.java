package io.espalier.worker.bench;

import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.checkpoint.surgery.Sharding;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.TensorSpec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.StringJoiner;
import java.util.stream.IntStream;

/**
 * Speed of cutting a checkpoint of 2 GB, against {@code cp} and then {@code sha256sum} of it.
 *
 * <p>Run with the test class path and {@code -Xmx256m}; arguments: folder for 6 GB of files, number
 * of rounds (3).
 */
public final class SurgeryBenchmark {
  private static final int LAYERS = 26;
  private static final Axis HIDDEN = new Axis("hidden", 2048);

  private SurgeryBenchmark() {}

  /** Prints machine, load, sizes, times, ratios and peak memory. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path parent =
        Path.of(arguments.length > 0 ? arguments[0] : System.getProperty("java.io.tmpdir"));
    int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 3;
    Path folder = Files.createTempDirectory(parent, "surgery-benchmark");
    try {
      System.out.println(Machine.line());
      Path model = generate(folder.resolve("model"));
      var rate = new CutRate(model, architecture(), rounds, 0.6);
      rate.measure("all but a few units", nearlyAll(), Sharding.asBefore());
      rate.measure("every other unit", everyOther(), Sharding.asBefore());
      System.out.println("peak resident memory of this process: " + Machine.peakMemory());
    } finally {
      Machine.delete(folder);
    }
  }

  private static Path generate(Path model) throws IOException {
    Files.createDirectories(model);
    Files.writeString(model.resolve("config.json"), "{}");
    var index = new StringJoiner(",", "{\"weight_map\":{", "}}");
    ByteBuffer numbers = numbers();
    for (int layer = 0; layer < LAYERS; layer++) {
      var tensors = new LinkedHashMap<String, TensorData>();
      String shard = "model-%05d-of-%05d.safetensors".formatted(layer + 1, LAYERS);
      for (TensorSpec spec : layer(layer)) {
        DType dtype = spec.name().endsWith("attention") ? DType.F32 : DType.BF16;
        int bytes = (int) dtype.bytes(spec.shape());
        tensors.put(
            spec.name(), new TensorData(dtype, spec.shape(), numbers.duplicate().limit(bytes)));
        index.add("\"%s\":\"%s\"".formatted(spec.name(), shard));
      }
      SafetensorsWriter.write(model.resolve(shard), tensors);
    }
    Files.writeString(model.resolve("model.safetensors.index.json"), index.toString());
    return model;
  }

  private static ByteBuffer numbers() {
    ByteBuffer numbers = ByteBuffer.allocateDirect(2048 * 8192 * 2);
    var random = new Random(1);
    while (numbers.hasRemaining()) {
      numbers.putLong(random.nextLong());
    }
    return numbers.flip();
  }

  private static Axis neurons(int layer) {
    return new Axis("neurons." + layer, 8192);
  }

  private static List<TensorSpec> layer(int layer) {
    Dimension hidden = Dimension.along(HIDDEN);
    Dimension neurons = Dimension.along(neurons(layer));
    String prefix = "layers." + layer + ".";
    return List.of(
        spec(prefix + "up", neurons, hidden),
        spec(prefix + "down", hidden, neurons),
        spec(prefix + "attention", hidden, hidden));
  }

  private static TensorSpec spec(String name, Dimension... dimensions) {
    return new TensorSpec(name, List.of(dimensions), TensorSpec.Role.PARAMETER);
  }

  private static Architecture architecture() {
    var tensors = new ArrayList<TensorSpec>();
    var axes = new ArrayList<>(List.of(HIDDEN));
    for (int layer = 0; layer < LAYERS; layer++) {
      tensors.addAll(layer(layer));
      axes.add(neurons(layer));
    }
    return new Architecture("benchmark", "benchmark", tensors, axes, List.of(), Map.of());
  }

  private static Kept nearlyAll() {
    return kept(16);
  }

  private static Kept everyOther() {
    return kept(2);
  }

  /** Without one unit in so many. */
  private static Kept kept(int outOf) {
    var units = new LinkedHashMap<String, int[]>();
    for (Axis axis : architecture().axes()) {
      units.put(
          axis.name(),
          IntStream.range(0, axis.units()).filter(i -> i % outOf != outOf - 1).toArray());
    }
    return new Kept(units);
  }
}
