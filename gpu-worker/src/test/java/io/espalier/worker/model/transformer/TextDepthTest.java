package io.espalier.worker.model.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.SafetensorsFile;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.checkpoint.surgery.Surgery;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Decoders of which a layer was dropped. */
final class TextDepthTest {
  @TempDir Path folder;

  private NDManager manager;
  private NDScope scope;

  @BeforeEach
  void open() {
    manager = PyTorch.newManager();
    scope = new NDScope();
    scope.suppressNotUsedWarning();
  }

  @AfterEach
  void close() {
    scope.close();
    manager.close();
  }

  /** A layer that adds zeros to the stream is one that the stream passes by. */
  @ParameterizedTest
  @CsvSource({
    "gpt2, 0, attn.c_proj, mlp.c_proj",
    "gpt2, 1, attn.c_proj, mlp.c_proj",
    "gptj, 0, attn.out_proj, mlp.fc_out",
    "gptj, 1, attn.out_proj, mlp.fc_out"
  })
  void a_decoder_without_a_layer_answers_as_if_the_stream_passed_it_by(
      String name, int dropped, String attention, String outer) {
    Golden golden = Golden.of(name);
    TextModel whole = TextModel.of(golden.model());
    String layer = "transformer.h." + dropped + ".";
    TextModel passing = silenced(golden, layer + attention, layer + outer);
    Kept kept = new Kept(Map.of("layers", new int[] {1 - dropped}));

    Path cut = folder.resolve("cut");
    Surgery.cut(whole.directory(), whole.architecture(), kept, cut);
    ObjectNode config = whole.directory().config();
    ModelDirectory.writeConfig(cut, config.put("n_layer", 1));
    TextModel shallow = TextModel.of(ModelDirectory.open(cut));

    assertThat(shallow.architecture()).isEqualTo(whole.architecture().keep(kept));
    float[] wanted = forward(passing, load(passing), golden);
    assertThat(forward(shallow, load(shallow), golden)).containsExactly(wanted, within(1e-6f));
    Weights inMemory = load(whole).keep(kept);
    assertThat(inMemory.names()).isEqualTo(load(shallow).names());
    assertThat(forward(shallow, inMemory, golden)).containsExactly(wanted, within(1e-6f));
  }

  @ParameterizedTest
  @CsvSource({"gpt2, 0", "gpt2, 1", "gptj, 0", "gptj, 1"})
  void depth_and_width_in_one_cut_give_the_bytes_of_two_cuts(String name, int dropped) {
    TextModel whole = TextModel.of(Golden.of(name).model());
    String layer = "transformer.h." + (1 - dropped);
    var widths = new LinkedHashMap<String, int[]>();
    widths.put(layer + ".heads", new int[] {1, 3});
    widths.put(layer + ".neurons", new int[] {0, 2, 3, 40});
    widths.put("transformer.h." + dropped + ".neurons", new int[] {7});
    var depth = new Kept(Map.of("layers", new int[] {1 - dropped}));
    var both = new LinkedHashMap<>(widths);
    both.putAll(depth.units());

    Path narrow = folder.resolve("narrow");
    Surgery.cut(whole.directory(), whole.architecture(), new Kept(widths), narrow);
    Path last = folder.resolve("last");
    Surgery.cut(
        ModelDirectory.open(narrow), whole.architecture().keep(new Kept(widths)), depth, last);
    Path once = folder.resolve("once");
    Surgery.cut(whole.directory(), whole.architecture(), new Kept(both), once);

    assertThat(once.resolve("model.safetensors"))
        .hasSameBinaryContentAs(last.resolve("model.safetensors"));
  }

  /** The same model, but for modules of which weight and bias are zero. */
  private TextModel silenced(Golden golden, String... modules) {
    SafetensorsFile file = SafetensorsFile.open(golden.directory().resolve("model.safetensors"));
    var tensors = new TreeMap<String, TensorData>();
    file.tensors().keySet().forEach(tensor -> tensors.put(tensor, file.read(tensor)));
    for (String module : modules) {
      tensors.replaceAll(
          (tensor, data) ->
              tensor.startsWith(module + ".")
                  ? new TensorData(
                      data.dtype(), data.shape(), ByteBuffer.allocate(data.bytes().limit()))
                  : data);
    }
    ModelDirectory.writeConfig(folder, (ObjectNode) golden.config());
    SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors);
    return TextModel.of(ModelDirectory.open(folder));
  }

  private Weights load(TextModel model) {
    return Weights.load(model.directory(), model.architecture(), manager);
  }

  private float[] forward(TextModel model, Weights weights, Golden golden) {
    return model
        .network()
        .forward(weights, golden.tokens(manager), ForwardHooks.NONE)
        .toFloatArray();
  }
}
