package io.espalier.worker.algorithm.search;

import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.domain.model.Window;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Small networks of chains, residual streams, concatenations and depthwise layers, at random. */
final class RandomNetworks {
  private final Random random;
  private final List<Axis> axes = new ArrayList<>();
  private final List<Layer> layers = new ArrayList<>();
  private final List<TensorSpec> tensors = new ArrayList<>();

  private RandomNetworks(Random random) {
    this.random = random;
  }

  /** A network with as many axes that may be cut, and the classifier's, which may not. */
  static Architecture of(int axes, Random random) {
    return new RandomNetworks(random).build(axes);
  }

  /** A table of random times for every layer, not always rising. */
  static LatencyModel latency(Architecture architecture, Random random) {
    var tables = new LinkedHashMap<String, LatencyTable>();
    for (Layer layer : architecture.layers()) {
      int[] outs = grid(layer.out().size(), random);
      int[] ins = layer.depthwise() ? new int[] {1} : grid(layer.in().size(), random);
      double[][] nanos = new double[outs.length][ins.length];
      for (int o = 0; o < outs.length; o++) {
        for (int i = 0; i < ins.length; i++) {
          nanos[o][i] = 500 + 40.0 * outs[o] * ins[i] * random.nextDouble();
        }
      }
      tables.put(layer.weight(), LatencyTable.of(outs, ins, nanos));
    }
    return new LatencyModel(random.nextInt(3000), 0.5 + random.nextDouble(), tables);
  }

  private static int[] grid(int size, Random random) {
    return random.nextBoolean() || size < 4
        ? new int[] {size}
        : new int[] {size / 4, size / 2, size};
  }

  private Architecture build(int count) {
    Dimension in = Dimension.fixed(3);
    while (axes.size() < count) {
      int left = count - axes.size();
      int kind = random.nextInt(4);
      if (kind == 0 && left >= 2) {
        in = residual(in);
      } else if (kind == 1 && left >= 3) {
        in = joined(in);
      } else {
        in = conv(in, axis());
        if (random.nextInt(4) == 0) {
          depthwise(in);
        }
      }
    }
    var last = new Axis("fc.out", 5);
    axes.add(last);
    layer("fc", Dimension.along(last), in, 1, false, true);
    return new Architecture(
        "random", "random", tensors, axes, layers, Map.of("fc.out", "the output"));
  }

  /** A stream that two layers write and one reads. */
  private Dimension residual(Dimension in) {
    Dimension stream = conv(in, axis());
    Dimension inner = conv(stream, axis());
    layer("add" + layers.size(), stream, inner, 3, false, random.nextBoolean());
    return stream;
  }

  private Dimension joined(Dimension in) {
    Dimension first = conv(in, axis());
    Dimension second = conv(in, axis());
    var parts = new ArrayList<Dimension.Along>(first.parts());
    parts.addAll(second.parts());
    Dimension both = new Dimension.Joined(parts);
    return conv(both, axis());
  }

  private void depthwise(Dimension along) {
    layer("dw" + layers.size(), along, Dimension.fixed(1), 3, true, random.nextBoolean());
  }

  private Dimension conv(Dimension in, Axis axis) {
    Dimension out = new Dimension.Along(axis, 1 + random.nextInt(2));
    layer("conv" + layers.size(), out, in, 1 + 2 * random.nextInt(2), false, random.nextBoolean());
    return out;
  }

  private Axis axis() {
    var axis = new Axis("axis" + axes.size(), List.of(4, 6, 8, 12, 16).get(random.nextInt(5)));
    axes.add(axis);
    return axis;
  }

  private void layer(
      String name, Dimension out, Dimension in, int kernel, boolean depthwise, boolean bias) {
    int side = 1 + random.nextInt(6);
    var window = new Window(kernel, 1, side, side);
    layers.add(new Layer(name + ".weight", out, in, window, depthwise, bias));
    Dimension square = Dimension.fixed(kernel);
    tensors.add(
        new TensorSpec(
            name + ".weight", List.of(out, in, square, square), TensorSpec.Role.PARAMETER));
    if (bias) {
      tensors.add(new TensorSpec(name + ".bias", List.of(out), TensorSpec.Role.PARAMETER));
    }
  }
}
