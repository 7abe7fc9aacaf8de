package io.espalier.worker.bench;

import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.surgery.Sharding;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.Stack;
import io.espalier.worker.domain.model.TensorSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Speed of cutting a decoder of Llama's names in BF16 and shards in width and depth, against {@code
 * cp} and then {@code sha256sum} of it, and memory used.
 *
 * <p>Run with the test class path and {@code -Xmx256m}; arguments: MiB of the checkpoint (4096),
 * number of rounds (3), folder for three times as much (the temporary one).
 */
public final class DecoderSurgeryBenchmark {
  private static final Axis HIDDEN = new Axis("hidden", 2048);
  private static final int VOCABULARY = 8192;
  private static final int NEURONS = 5632;
  private static final int GROUPS = 8;
  private static final int HEADS_PER_GROUP = 4;
  private static final int HEAD = 64;
  private static final long SHARD_BYTES = 500_000_000;
  private static final double MIB = 1 << 20;

  private final int layers;
  private final Random random = new Random(1);

  private DecoderSurgeryBenchmark(int layers) {
    this.layers = layers;
  }

  /** Prints machine, load, sizes, times, ratios and peak memory. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    double mebibytes = arguments.length > 0 ? Double.parseDouble(arguments[0]) : 4096;
    int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 3;
    Path parent =
        Path.of(arguments.length > 2 ? arguments[2] : System.getProperty("java.io.tmpdir"));
    Path folder = Files.createTempDirectory(parent, "decoder-surgery-benchmark");
    try {
      System.out.println(Machine.line());
      var benchmark = new DecoderSurgeryBenchmark(layers(mebibytes));
      benchmark.run(folder.resolve("model"), rounds);
      System.out.println("peak resident memory of this process: " + Machine.peakMemory());
    } finally {
      Machine.delete(folder);
    }
  }

  /** Layers that make up a size; the embedding and the output count too. */
  private static int layers(double mebibytes) {
    double layer = LargeCheckpoint.bytes(layer(0, new ArrayList<>()));
    double ends = 2.0 * DType.BF16.bytes(new long[] {VOCABULARY, HIDDEN.units()});
    return Math.max(4, (int) Math.round((mebibytes * MIB - ends) / layer));
  }

  private void run(Path model, int rounds) throws IOException, InterruptedException {
    Architecture architecture = architecture();
    LargeCheckpoint.write(model, architecture.tensors(), SHARD_BYTES);
    Files.writeString(model.resolve("config.json"), "{}");
    System.out.printf(
        "%d layers, %d tensors, %.0f MiB in shards of at most %d bytes%n",
        layers,
        architecture.tensors().size(),
        LargeCheckpoint.bytes(architecture.tensors()) / MIB,
        SHARD_BYTES);
    var rate = new CutRate(model, architecture, rounds, 0.7);
    Sharding same = Sharding.upTo(SHARD_BYTES);
    Map<String, int[]> units = new LinkedHashMap<>(Map.of("layers", some(layers)));
    rate.measure("3 of 4 layers", new Kept(units), same);
    for (Axis axis : architecture.axes()) {
      if (!axis.equals(HIDDEN)) {
        units.put(axis.name(), some(axis.units()));
      }
    }
    rate.measure("and of query groups and neurons", new Kept(units), same);
    units.put(HIDDEN.name(), some(HIDDEN.units()));
    rate.measure("and of hidden channels", new Kept(units), same);
  }

  /** Three of four, as scores may choose them. */
  private int[] some(int units) {
    var all = new ArrayList<>(IntStream.range(0, units).boxed().toList());
    Collections.shuffle(all, random);
    return all.subList(0, units * 3 / 4).stream().mapToInt(i -> i).sorted().toArray();
  }

  private Architecture architecture() {
    Dimension hidden = Dimension.along(HIDDEN);
    var axes = new ArrayList<>(List.of(HIDDEN));
    var tensors = new ArrayList<TensorSpec>();
    tensors.add(spec("model.embed_tokens.weight", Dimension.fixed(VOCABULARY), hidden));
    for (int i = 0; i < layers; i++) {
      tensors.addAll(layer(i, axes));
    }
    tensors.add(spec("model.norm.weight", hidden));
    tensors.add(spec("lm_head.weight", Dimension.fixed(VOCABULARY), hidden));
    return new Architecture("benchmark", "benchmark", tensors, axes, List.of(), Map.of())
        .withStacks(new Stack(new Axis("layers", layers), "model.layers."));
  }

  private static List<TensorSpec> layer(int index, List<Axis> axes) {
    String layer = "model.layers." + index + ".";
    var groups = new Axis(layer + "groups", GROUPS);
    var neurons = new Axis(layer + "neurons", NEURONS);
    axes.addAll(List.of(groups, neurons));
    Dimension hidden = Dimension.along(HIDDEN);
    Dimension inner = Dimension.along(neurons);
    Dimension keys = new Dimension.Along(groups, HEAD);
    Dimension queries = new Dimension.Along(groups, HEADS_PER_GROUP * HEAD);
    return List.of(
        spec(layer + "input_layernorm.weight", hidden),
        spec(layer + "self_attn.q_proj.weight", queries, hidden),
        spec(layer + "self_attn.k_proj.weight", keys, hidden),
        spec(layer + "self_attn.v_proj.weight", keys, hidden),
        spec(layer + "self_attn.o_proj.weight", hidden, queries),
        spec(layer + "post_attention_layernorm.weight", hidden),
        spec(layer + "mlp.gate_proj.weight", inner, hidden),
        spec(layer + "mlp.up_proj.weight", inner, hidden),
        spec(layer + "mlp.down_proj.weight", hidden, inner));
  }

  private static TensorSpec spec(String name, Dimension... dimensions) {
    return new TensorSpec(name, List.of(dimensions), TensorSpec.Role.PARAMETER);
  }
}
