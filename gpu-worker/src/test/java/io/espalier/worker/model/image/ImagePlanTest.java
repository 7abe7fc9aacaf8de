package io.espalier.worker.model.image;

import static io.espalier.worker.model.Configs.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.checkpoint.safetensors.SafetensorsFile;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.data.Batch;
import io.espalier.worker.data.FolderOrder;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.data.ImageDatasets;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.tensor.Golden;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class ImagePlanTest {
  private static final Path DIRECTORY = Golden.of("images").directory();
  private static final SafetensorsFile EXPECTED =
      SafetensorsFile.open(DIRECTORY.resolve("prepared.safetensors"));

  static List<String> cases() {
    return new ArrayList<>(EXPECTED.tensors().keySet());
  }

  /**
   * transformers 5 resizes tensors: its rounding is torch's, up to one value of 255 from Pillow's.
   */
  @ParameterizedTest
  @MethodSource("cases")
  void images_are_prepared_as_the_library_does_that_a_model_comes_from(String name)
      throws IOException {
    InputSpec spec = spec(name);

    ImageDataset data = ImageDatasets.openAny(DIRECTORY.resolve("scenes").toUri(), spec);

    Batch batch = data.batch(IntStream.range(0, data.size()).toArray());
    TensorData expected = EXPECTED.read(name);
    FloatBuffer values = expected.bytes().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    assertThat(new long[] {data.size(), 3, data.height(), data.width()})
        .isEqualTo(expected.shape());
    assertThat(largestDifference(batch, values, spec))
        .isLessThan(name.startsWith("timm") ? 0.01 : 1.01);
  }

  /** In values of 255. */
  private static double largestDifference(Batch batch, FloatBuffer expected, InputSpec spec) {
    int plane = spec.height() * spec.width();
    double most = 0;
    for (int i = 0; i < batch.pixels().length; i++) {
      double std = spec.normalization().std().get(i / plane % 3);
      most = Math.max(most, Math.abs(batch.pixels()[i] - expected.get(i)) * std * 255);
    }
    return most;
  }

  private static InputSpec spec(String name) throws IOException {
    JsonNode said = new ObjectMapper().readTree(DIRECTORY.resolve("cases.json").toFile()).get(name);
    ImagePlan plan =
        ImagePlan.of(
            said.get("config"),
            Optional.of(said.get("preprocessor")).filter(preprocessor -> !preprocessor.isNull()));
    return plan.complete(InputSpec.of(plan.config(), InputSpec.IMAGENET));
  }

  @Test
  void a_config_of_timm_goes_before_a_preprocessor_and_says_so() throws IOException {
    InputSpec spec = spec("timm-with-preprocessor");

    assertThat(spec.preparation().source())
        .isEqualTo("config.json; preprocessor_config.json is not used");
    assertThat(spec.preparation().stated()).isTrue();
  }

  @Test
  void a_config_of_timm_that_leaves_out_how_is_timms_usual_and_says_so() throws IOException {
    InputSpec spec = spec("timm-sizes-only");

    assertThat(spec.preparation().source()).contains("does not say").contains("timm's defaults");
    assertThat(spec.preparation().stated()).isFalse();
  }

  @Test
  void a_network_of_neither_library_takes_images_as_ever() {
    JsonNode config = json("{'architecture': 'cifar_resnet20', 'input_size': [3, 32, 32]}");

    InputSpec spec = complete(config, Optional.empty());

    assertThat(spec).isEqualTo(InputSpec.of(config, InputSpec.IMAGENET));
  }

  @Test
  void a_network_of_neither_library_takes_from_a_preprocessor_what_its_config_leaves_open() {
    JsonNode config =
        json("{'architecture': 'cifar_x', 'input_size': [3, 32, 32], 'mean': [0.1, 0.2, 0.3]}");
    JsonNode preprocessor =
        json(
            "{'image_processor_type': 'BitImageProcessor', 'size': 40, 'crop_size': 32,"
                + " 'image_std': [0.5, 0.5, 0.5]}");

    InputSpec spec = complete(config, Optional.of(preprocessor));

    assertThat(spec.preparation().source()).isEqualTo("preprocessor_config.json");
    assertThat(spec.preparation().inWords())
        .startsWith("bicubic to shortest edge 40, centre 32 x 32");
    assertThat(spec.normalization().mean()).containsExactly(0.1, 0.2, 0.3);
    assertThat(spec.normalization().std()).containsExactly(0.5, 0.5, 0.5);
  }

  @Test
  void sizes_that_contradict_are_refused() {
    JsonNode config = json("{'architecture': 'cifar_x', 'input_size': [3, 32, 32]}");

    assertThatThrownBy(() -> complete(config, Optional.of(json("{'size': 64}"))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("input_size is for images of 32 x 32")
        .hasMessageContaining("preprocessor_config.json makes them 64 x 64");
  }

  @Test
  void a_config_of_transformers_has_no_say_in_its_images() {
    JsonNode config = json("{'model_type': 'resnet', 'input_size': [3, 8, 8], 'mean': [1, 1, 1]}");

    InputSpec spec = complete(config, Optional.of(json("{'size': 64}")));

    assertThat(spec.height()).isEqualTo(64);
    assertThat(spec.normalization().mean()).containsExactly(0.5, 0.5, 0.5);
  }

  @Test
  void only_models_of_transformers_have_their_images_turned() throws IOException {
    assertThat(spec("timm-usual").preparation().upright()).isFalse();
    assertThat(spec("transformers-vit").preparation().upright()).isTrue();
    assertThat(complete(json("{'model_type': 'resnet'}"), Optional.empty()).preparation().upright())
        .isTrue();
  }

  @Test
  void names_of_classes_are_in_the_order_of_their_numbers() {
    JsonNode config =
        json(
            "{'model_type': 'resnet', 'id2label': {'10': 'k', '0': 'z', '2': 'b', '1': 'a',"
                + "'3': 'c', '4': 'd', '5': 'e', '6': 'f', '7': 'g', '8': 'h', '9': 'i'}}");

    InputSpec spec = complete(config, Optional.empty());

    assertThat(spec.names().names())
        .containsExactly("z", "a", "b", "c", "d", "e", "f", "g", "h", "i", "k");
    assertThat(spec.names().order()).isEqualTo(FolderOrder.CODE_POINTS);
  }

  @Test
  void timms_names_stand_at_the_top_or_in_pretrained_cfg() {
    InputSpec top =
        complete(json("{'architecture': 'resnet18', 'label_names': ['b', 'a']}"), none());
    InputSpec below =
        complete(
            json("{'architecture': 'resnet18', 'pretrained_cfg': {'label_names': ['b', 'a']}}"),
            none());

    assertThat(top.names().names()).containsExactly("b", "a");
    assertThat(below.names()).isEqualTo(top.names());
    assertThat(top.names().order()).isEqualTo(FolderOrder.NATURAL);
  }

  @Test
  void names_that_contradict_are_refused() {
    assertThatThrownBy(
            () ->
                complete(
                    json("{'model_type': 'resnet', 'id2label': {'0': 'a', '2': 'b'}}"), none()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("id2label must number its 2 classes from 0, found '2'");
    assertThatThrownBy(
            () ->
                complete(
                    json(
                        "{'model_type': 'resnet', 'id2label': {'0': 'a', '1': 'b'},"
                            + " 'label2id': {'a': 1, 'b': 0}}"),
                    none()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("calls class 0 'a', but label2id says that this is 1");
    assertThatThrownBy(
            () ->
                complete(
                    json("{'architecture': 'x', 'num_classes': 3, 'label_names': ['a', 'b']}"),
                    none()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("label_names has 2 names, but the model tells 3 classes apart");
  }

  @Test
  void every_problem_of_timms_settings_is_named() {
    JsonNode config =
        json(
            "{'architecture': 'x', 'crop_pct': -1, 'crop_mode': 'random', 'interpolation':"
                + " 'cubic'}");

    var refusal = catchThrowableOfType(InvalidInputException.class, () -> complete(config, none()));

    assertThat(refusal.problems()).hasSize(3);
    assertThat(refusal)
        .hasMessageContaining("crop_pct must be a positive number, found -1")
        .hasMessageContaining("crop_mode must be center, squash or border, found \"random\"")
        .hasMessageContaining("interpolation must be one of nearest");
  }

  private static Optional<JsonNode> none() {
    return Optional.empty();
  }

  private static InputSpec complete(JsonNode config, Optional<JsonNode> preprocessor) {
    ImagePlan plan = ImagePlan.of(config, preprocessor);
    return plan.complete(InputSpec.of(plan.config(), InputSpec.IMAGENET));
  }
}
