package io.espalier.worker.algorithm.family;

import io.espalier.worker.checkpoint.DType;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.SafetensorsWriter;
import io.espalier.worker.checkpoint.TensorData;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.Layer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Cuts drawn at random, and what must answer like them: the whole model, deaf to what was cut. */
final class RandomCuts {
  private RandomCuts() {}

  /** Of most axes that may be cut, some units; of the others all. */
  static Kept draw(Architecture architecture, long seed) {
    var random = new Random(seed);
    var units = new HashMap<String, int[]>();
    for (Axis axis : architecture.prunableAxes()) {
      if (random.nextInt(4) > 0) {
        int[] kept = IntStream.range(0, axis.units()).filter(u -> random.nextInt(3) > 0).toArray();
        units.put(axis.name(), kept.length > 0 ? kept : new int[] {random.nextInt(axis.units())});
      }
    }
    return new Kept(units);
  }

  /**
   * Writes the same model with zeros for every float32 weight by which a layer reads a unit that is
   * cut. Written as loops over indices, without the project's own gathering.
   */
  static Path masked(ModelDirectory model, Architecture architecture, Kept kept, Path to)
      throws IOException {
    var tensors = new TreeMap<String, TensorData>();
    model.tensors().keySet().forEach(name -> tensors.put(name, model.read(name)));
    for (Layer layer : architecture.layers()) {
      if (layer.in().isCutBy(kept)) {
        tensors.put(layer.weight(), deaf(model.read(layer.weight()), layer.in(), kept));
      }
    }
    Files.createDirectories(to);
    Files.copy(model.path().resolve("config.json"), to.resolve("config.json"));
    SafetensorsWriter.write(to.resolve("model.safetensors"), tensors);
    return to;
  }

  private static TensorData deaf(TensorData weight, Dimension in, Kept kept) {
    boolean[] heard = new boolean[in.size()];
    int at = 0;
    for (Dimension.Along part : in.parts()) {
      for (int unit = 0; unit < part.axis().units(); unit++) {
        int wanted = unit;
        heard[at++] =
            kept.of(part.axis())
                .map(units -> IntStream.of(units).anyMatch(u -> u == wanted))
                .orElse(true);
      }
    }
    ByteBuffer from = weight.bytes().order(ByteOrder.LITTLE_ENDIAN);
    int area = from.remaining() / Float.BYTES / (int) (weight.shape()[0] * in.size());
    ByteBuffer copy = ByteBuffer.allocateDirect(from.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; from.hasRemaining(); i++) {
      float value = from.getFloat();
      copy.putFloat(heard[i / area % in.size()] ? value : 0);
    }
    return new TensorData(DType.F32, weight.shape(), copy.flip());
  }
}
