package io.espalier.worker.model.convnet;

import static io.espalier.worker.model.Configs.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.model.Families;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FeatureMapSizeTest {
  @ParameterizedTest
  @CsvSource({"7, 2, 3, 4, 3", "3, 1, 1, 8, 5", "2, 2, 0, 4, 2", "5, 1, 0, 4, 1", "1, 2, 0, 4, 3"})
  void a_window_is_evaluated_wherever_it_fits_in(
      int kernel, int stride, int padding, int height, int width) {
    FeatureMapSize images = FeatureMapSize.of(List.of(3, 8, 5), InputSpec.IMAGENET);

    FeatureMapSize after = images.after(kernel, stride, padding);

    assertThat(after.height()).isEqualTo(height);
    assertThat(after.width()).isEqualTo(width);
  }

  @ParameterizedTest
  @CsvSource({"6, 1, 0", "6, 4, 0", "7, 2, 0", "8, 9, 1"})
  void a_window_that_fits_in_nowhere_says_how_large_images_and_window_are(
      int kernel, int stride, int padding) {
    FeatureMapSize at = FeatureMapSize.of(List.of(3, 16, 10), InputSpec.IMAGENET).after(2, 2, 0);

    assertThatThrownBy(() -> at.after(kernel, stride, padding))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("input_size must be larger")
        .hasMessageContaining("images of 16 x 10, 8 x 5 pixels are left")
        .hasMessageContaining("window of %d x %d".formatted(kernel, kernel));
  }

  @ParameterizedTest
  @CsvSource({
    "vgg11_bn, 32, 31",
    "vgg19_bn, 31, 32",
    "densenet121, 32, 28",
    "densenet201, 28, 32",
  })
  void images_of_which_nothing_would_be_left_are_refused(String name, int height, int width) {
    JsonNode config = config(name, height, width);

    assertThatThrownBy(() -> Families.of(config).architecture(config, Map.of()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("input_size must be larger: of images of %d x %d", height, width);
  }

  @ParameterizedTest
  @CsvSource({
    "vgg11_bn, 32",
    "densenet121, 29",
    "resnet18, 1",
    "resnet50d, 1",
    "cifar_resnet20, 1",
    "mobilenetv2_100, 1",
    "mobilenetv3_small_100, 1",
    "efficientnet_b0, 1",
  })
  void the_smallest_images_that_a_network_takes_leave_one_pixel(String name, int side) {
    JsonNode config = config(name, side, side);

    List<Layer> layers = Families.of(config).architecture(config, Map.of()).layers();

    assertThat(layers.get(layers.size() - 2).window().height()).isEqualTo(1);
  }

  @Test
  void without_a_size_images_are_of_the_usual_one() {
    FeatureMapSize images = FeatureMapSize.of(List.of(), InputSpec.CIFAR);

    assertThat(images).isEqualTo(new FeatureMapSize(32, 32, 32, 32));
  }

  private static JsonNode config(String name, int height, int width) {
    return json("{'architecture': '%s', 'input_size': [3, %d, %d]}".formatted(name, height, width));
  }
}
