package io.espalier.worker.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.model.convnet.Resnet;
import io.espalier.worker.zoo.RandomModel;
import io.espalier.worker.zoo.Zoo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VisionModelTest {
  @TempDir private Path directory;

  @Test
  void a_family_decides_what_images_a_silent_config_means() throws Exception {
    var mapper = new ObjectMapper();

    var small = new Resnet().input(mapper.readTree("{\"architecture\": \"cifar_resnet20\"}"));
    var large = new Resnet().input(mapper.readTree("{\"architecture\": \"resnet18\"}"));

    assertThat(small.height()).isEqualTo(32);
    assertThat(large.height()).isEqualTo(224);
    assertThat(large.width()).isEqualTo(224);
    assertThat(large.normalization().mean()).containsExactly(0.485, 0.456, 0.406);
  }

  @Test
  void integer_weights_are_refused_by_their_header() {
    Path model = model();
    replace(model, "fc.bias", new TensorData(DType.I32, new long[] {10}, bytes(40)));

    assertThatThrownBy(() -> VisionModel.of(ModelDirectory.open(model)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("'fc.bias'")
        .hasMessageContaining("found I32");
  }

  @Test
  void problems_of_config_and_tensors_are_named_together() {
    Path model = model();
    replace(model, "fc.bias", new TensorData(DType.F32, new long[] {11}, bytes(44)));
    ObjectNode config = ModelDirectory.open(model).config();
    config.putArray("mean").add(1);

    var refusal =
        catchThrowableOfType(
            InvalidInputException.class, () -> VisionModel.of(ModelDirectory.open(model), config));

    assertThat(refusal.problems()).hasSize(2);
    assertThat(refusal).hasMessageContaining("mean").hasMessageContaining("'fc.bias'");
  }

  private Path model() {
    Path model = directory.resolve("model");
    Zoo.writeRandomModel(RandomModel.of("cifar_resnet20", 1), model);
    return model;
  }

  private static void replace(Path model, String name, TensorData data) {
    ModelDirectory opened = ModelDirectory.open(model);
    var tensors = new TreeMap<String, TensorData>();
    opened.tensors().keySet().forEach(each -> tensors.put(each, opened.read(each)));
    tensors.put(name, data);
    SafetensorsWriter.write(model.resolve("model.safetensors"), tensors);
  }

  private static ByteBuffer bytes(int size) {
    return ByteBuffer.allocateDirect(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
