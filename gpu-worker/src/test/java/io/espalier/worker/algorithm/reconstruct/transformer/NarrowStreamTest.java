package io.espalier.worker.algorithm.reconstruct.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.data.Batch;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.domain.job.LayerReconstruction;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.Reconstruction;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.ImageTransformerModel;
import io.espalier.worker.model.family.MaskableNetwork.Block;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.Weights;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Projections of a transformer whose stream became narrower or that lost a layer, against those
 * that NumPy solves for; {@code golden/scores/minitron-vit/reconstruct.py}.
 */
final class NarrowStreamTest {
  private static final Golden ORACLE = Golden.of("scores/minitron-vit");
  private static final int BATCH = 4;

  @TempDir private Path directory;

  private final ImageTransformerModel model = ImageTransformerModel.of(Golden.of("vit").model());

  @ParameterizedTest
  @ValueSource(strings = {"narrow", "last"})
  void projections_are_those_of_numpy(String which) {
    StreamRemainder left =
        which.equals("narrow")
            ? new StreamRemainder(Optional.of(ints("kept.hidden")), List.of(0, 1))
            : new StreamRemainder(Optional.empty(), List.of(1));
    Architecture architecture = model.architecture();
    try (Weights original = Weights.load(model.directory(), architecture);
        Weights cut = original.keep(kept(architecture, which))) {
      var passes = new ImagePasses(model.network(), new Drawn(), BATCH);
      var streams = new TransformerReconstruction(passes, original, passes(cut), left);

      Reconstruction done =
          streams.run(
              cut,
              new TransformerReconstruction.Storage(1 << 20, directory, "0123456789abcdef"),
              Progress.Listener.NONE);

      List<String> tensors = projections(cut.architecture());
      assertThat(done.layers())
          .extracting(LayerReconstruction::layer)
          .containsExactlyElementsOf(tensors.stream().map(each -> each + ".weight").toList());
      double[] errors = doubles(which + ".error");
      for (int i = 0; i < tensors.size(); i++) {
        LayerReconstruction found = done.layers().get(i);
        assertThat(found.errorBefore()).isCloseTo(errors[2 * i], within(1e-3 * errors[2 * i]));
        assertThat(found.errorAfter()).isCloseTo(errors[2 * i + 1], within(1e-3));
        String at = which + "." + i;
        requireClose(cut, tensors.get(i) + ".weight", at + ".weight");
        requireClose(cut, tensors.get(i) + ".bias", at + ".bias");
      }
    }
  }

  /** Passes of a network with as many layers as weights have. */
  private static StackPasses passes(Weights cut) {
    int layers = Block.of(cut.architecture()).size();
    ObjectNode config = Golden.of("vit").config().deepCopy();
    config.put("num_hidden_layers", layers);
    var family = ImageTransformerModel.of(Golden.of("vit").model()).family().of(config);
    return new ImagePasses(family.maskable().orElseThrow(), new Drawn(), BATCH);
  }

  private static Kept kept(Architecture architecture, String which) {
    Map<String, int[]> units = new LinkedHashMap<>();
    if (which.equals("last")) {
      Axis layers = architecture.stacks().get(0).axis();
      units.put(layers.name(), new int[] {1});
      return new Kept(units);
    }
    for (Axis axis : architecture.axes()) {
      if (axis.kind() == AxisKind.HIDDEN) {
        units.put(axis.name(), array(ints("kept.hidden")));
      }
    }
    List<Block> blocks = Block.of(architecture);
    for (int layer = 0; layer < blocks.size(); layer++) {
      units.put(blocks.get(layer).heads(), array(ints("kept.layer." + layer + ".heads")));
      units.put(blocks.get(layer).neurons(), array(ints("kept.layer." + layer + ".neurons")));
    }
    return new Kept(units);
  }

  private static List<String> projections(Architecture cut) {
    var names = new ArrayList<String>();
    for (Block block : Block.of(cut)) {
      names.add(block.module() + ".attention.output.dense");
      names.add(block.module() + ".output.dense");
    }
    return names;
  }

  private static void requireClose(Weights cut, String tensor, String stored) {
    float[] values = cut.get(tensor).toFloatArray();
    assertThat(IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray())
        .as(stored)
        .containsExactly(doubles(stored), within(2e-3));
  }

  private static int[] array(List<Integer> list) {
    return list.stream().mapToInt(Integer::intValue).toArray();
  }

  private static List<Integer> ints(String tensor) {
    TensorData data = ORACLE.read("scores", tensor);
    var numbers = data.bytes().order(ByteOrder.LITTLE_ENDIAN).asLongBuffer();
    return IntStream.range(0, numbers.remaining()).mapToObj(i -> (int) numbers.get(i)).toList();
  }

  private static double[] doubles(String tensor) {
    TensorData data = ORACLE.read("reconstruction", tensor);
    var numbers = data.bytes().order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer();
    return IntStream.range(0, numbers.remaining()).mapToDouble(numbers::get).toArray();
  }

  /** The images that the oracle has drawn. */
  private record Drawn() implements ImageDataset {
    private static final int SIDE = 16;

    @Override
    public int size() {
      return 16;
    }

    @Override
    public int classes() {
      return 0;
    }

    @Override
    public int channels() {
      return 3;
    }

    @Override
    public int height() {
      return SIDE;
    }

    @Override
    public int width() {
      return SIDE;
    }

    @Override
    public Batch batch(int[] indices) {
      FloatBuffer all =
          ORACLE
              .read("reconstruction", "images")
              .bytes()
              .order(ByteOrder.LITTLE_ENDIAN)
              .asFloatBuffer();
      int one = channels() * SIDE * SIDE;
      float[] some = new float[indices.length * one];
      for (int i = 0; i < indices.length; i++) {
        all.get(indices[i] * one, some, i * one, one);
      }
      long[] labels = IntStream.of(indices).mapToLong(any -> -1).toArray();
      return new Batch(some, labels);
    }

    @Override
    public String fingerprint() {
      return "drawn by the oracle";
    }
  }
}
