package io.espalier.worker.model.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.checkpoint.surgery.Surgery;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.model.VisionModel;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** A cut network, and what must answer like it: the whole one, deaf to what was cut. */
public record MaskedNetworks(VisionModel model, Kept kept) {
  private static final float TOLERANCE = 1e-5f;

  /** On disk and in memory; and the cut is one that the answers show. */
  public void assertCutAnswersAsMasked(NDArray images, Path directory) throws IOException {
    Path masked = masked(directory.resolve("masked"));
    Path cut = directory.resolve("cut");
    Surgery.cut(model.directory(), model.architecture(), kept, cut);
    Weights whole = weights(model.directory().path(), images);

    float[] before = logits(whole, images);
    float[] wanted = logits(weights(masked, images), images);
    float[] onDisk = logits(weights(cut, images), images);
    float[] inMemory = logits(whole.keep(kept), images);

    assertThat(onDisk).containsExactly(wanted, within(TOLERANCE));
    assertThat(inMemory).containsExactly(wanted, within(TOLERANCE));
    assertThat(largestDifference(before, wanted))
        .isGreaterThan(0.01 * largestDifference(before, new float[before.length]));
  }

  private static double largestDifference(float[] a, float[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> Math.abs(a[i] - b[i])).max().orElseThrow();
  }

  private static Weights weights(Path directory, NDArray images) {
    VisionModel known = VisionModel.of(ModelDirectory.open(directory));
    return Weights.load(known.directory(), known.architecture(), images.getManager());
  }

  private float[] logits(Weights weights, NDArray images) {
    return model.family().forward(weights, images, Mode.EVALUATE).toFloatArray();
  }

  /**
   * Writes the same model with zeros for every float32 weight by which a layer reads a unit that is
   * cut. Written as loops over indices, without the project's own gathering.
   */
  private Path masked(Path to) throws IOException {
    ModelDirectory whole = model.directory();
    var tensors = new TreeMap<String, TensorData>();
    whole.tensors().keySet().forEach(name -> tensors.put(name, whole.read(name)));
    for (Layer layer : model.architecture().layers()) {
      if (layer.in().isCutBy(kept)) {
        tensors.put(layer.weight(), deaf(whole.read(layer.weight()), layer.in()));
      }
    }
    Files.createDirectories(to);
    Files.copy(whole.path().resolve("config.json"), to.resolve("config.json"));
    SafetensorsWriter.write(to.resolve("model.safetensors"), tensors);
    return to;
  }

  private TensorData deaf(TensorData weight, Dimension in) {
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
