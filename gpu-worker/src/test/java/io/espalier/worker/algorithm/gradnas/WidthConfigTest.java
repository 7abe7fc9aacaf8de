package io.espalier.worker.algorithm.gradnas;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.tensor.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WidthConfigTest {
  @TempDir Path folder;

  @Test
  void keys_that_mean_nothing_here_stay_as_they_are() throws IOException {
    ModelDirectory golden = Golden.of("gptj").model();
    Files.copy(golden.path().resolve("model.safetensors"), folder.resolve("model.safetensors"));
    ObjectNode config = golden.config();
    config.set(
        "somebody", new ObjectMapper().readTree("{\"else\": [1.50, 12345678901234567890, null]}"));
    ModelDirectory.writeConfig(folder, config.put("task_specific_params", "kept"));
    TextModel model = TextModel.of(ModelDirectory.open(folder));
    Kept kept = new Kept(Map.of("transformer.h.0.neurons", new int[] {0, 1, 2}));

    ObjectNode found = new WidthConfig(model).of(kept, OutputMode.PER_LAYER);

    ObjectNode expected = model.directory().config();
    expected.set("n_inner", new ObjectMapper().readTree("[3, 128]"));
    assertThat(found).isEqualTo(expected);
  }
}
