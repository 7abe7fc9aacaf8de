package io.espalier.worker.model.image;

import static io.espalier.worker.model.Configs.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.domain.InvalidInputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ImageProcessorTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{'size': 96} | [3,96,96]",
        "{'size': {'shortest_edge': 96}} | [3,96,96]",
        "{'image_processor_type': 'ViTImageProcessor', 'size': {'height': 64, 'width': 48}} |"
            + " [3,64,48]",
        "{'size': {'shortest_edge': 96}, 'crop_size': 64, 'do_center_crop': true} | [3,64,64]",
        "{'size': 96, 'crop_size': {'height': 64, 'width': 48}, 'do_center_crop': true} |"
            + " [3,64,48]",
        "{'size': 96, 'crop_size': 64} | [3,96,96]",
      })
  void the_size_is_what_comes_out_of_resizing_and_cropping(String preprocessor, String size) {
    JsonNode config = ImageProcessor.of(json(preprocessor)).complete((ObjectNode) json("{}"));

    assertThat(config.get("input_size")).hasToString(size);
  }

  @Test
  void images_that_are_not_normalised_have_mean_0_and_deviation_1() {
    JsonNode config =
        ImageProcessor.of(json("{'do_normalize': false}")).complete((ObjectNode) json("{}"));

    assertThat(config.get("mean")).hasToString("[0.0,0.0,0.0]");
    assertThat(config.get("std")).hasToString("[1.0,1.0,1.0]");
  }

  @Test
  void every_problem_is_reported_with_the_file() {
    JsonNode preprocessor =
        json(
            "{'size': {'longest_edge': 96}, 'rescale_factor': 0, 'image_mean': [1, 2],"
                + " 'image_std': [0, 1, 1]}");

    var refusal =
        catchThrowableOfType(InvalidInputException.class, () -> ImageProcessor.of(preprocessor));

    assertThat(refusal.problems())
        .hasSize(4)
        .allMatch(problem -> problem.startsWith("preprocessor_config.json: "));
  }
}
