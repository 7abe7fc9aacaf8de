package io.espalier.worker.algorithm.family;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.domain.InvalidInputException;
import java.util.ArrayList;
import java.util.List;

/**
 * What transformers' preprocessor_config.json says of the images that a model takes, in the words
 * of a config.json.
 *
 * <p>Source: transformers 4.57.6, {@code image_processing_utils.py} and the processors of ConvNeXt
 * (which its ResNets use) and ViT.
 */
final class ImageProcessor {
  private static final double BYTE = 1.0 / 255;

  private final JsonNode says;
  private final List<String> problems = new ArrayList<>();

  private ImageProcessor(JsonNode says) {
    this.says = says;
  }

  /**
   * A config with {@code input_size}, {@code mean} and {@code std} from a preprocessor_config.json
   * where it does not say them itself.
   *
   * @throws InvalidInputException if the latter does not make sense; names every problem
   */
  static JsonNode complete(JsonNode config, JsonNode preprocessor) {
    ObjectNode complete = config.deepCopy();
    var processor = new ImageProcessor(preprocessor);
    if (TimmConfig.first(config, "input_size").isMissingNode()) {
      processor.size(config.path("num_channels").asInt(3), complete);
    }
    if (TimmConfig.first(config, "mean").isMissingNode()
        && TimmConfig.first(config, "std").isMissingNode()) {
      processor.normalization(complete);
    }
    if (!processor.problems.isEmpty()) {
      throw new InvalidInputException(processor.problems);
    }
    return complete;
  }

  private void size(int channels, ObjectNode to) {
    boolean cropped = says.path("do_center_crop").asBoolean(false) && says.has("crop_size");
    String key = cropped ? "crop_size" : "size";
    JsonNode size = says.path(key);
    if (size.isMissingNode() || size.isNull()) {
      return;
    }
    JsonNode edge = size.isObject() ? size.path("shortest_edge") : size;
    JsonNode height = edge.isMissingNode() ? size.path("height") : edge;
    JsonNode width = edge.isMissingNode() ? size.path("width") : edge;
    if (!isCount(height) || !isCount(width)) {
      problems.add(
          "preprocessor_config.json: %s must be height and width, or one shortest_edge, in pixels, found %s"
              .formatted(key, size));
      return;
    }
    to.putArray("input_size").add(channels).add(height.intValue()).add(width.intValue());
  }

  private void normalization(ObjectNode to) {
    JsonNode factor = says.path("rescale_factor");
    if (!says.path("do_rescale").asBoolean(true) || Math.abs(factor.asDouble(BYTE) - BYTE) > 1e-6) {
      problems.add(
          "preprocessor_config.json: values must be rescaled by 1/255, found do_rescale %s and rescale_factor %s"
              .formatted(says.path("do_rescale"), factor));
    }
    if (!says.path("do_normalize").asBoolean(true)) {
      to.putArray("mean").add(0).add(0).add(0);
      to.putArray("std").add(1).add(1).add(1);
      return;
    }
    numbers("image_mean", "mean", 0, to);
    numbers("image_std", "std", Double.MIN_VALUE, to);
  }

  private void numbers(String key, String as, double least, ObjectNode to) {
    JsonNode value = says.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return;
    }
    ArrayNode numbers = JsonNodeFactory.instance.arrayNode();
    value.forEach(
        each -> {
          if (each.isNumber() && each.doubleValue() >= least) {
            numbers.add(each);
          }
        });
    if (!value.isArray() || numbers.size() != value.size() || numbers.size() != 3) {
      problems.add(
          "preprocessor_config.json: %s must be three numbers%s, found %s"
              .formatted(key, least > 0 ? " above 0" : " from 0", value));
      return;
    }
    to.set(as, numbers);
  }

  private static boolean isCount(JsonNode value) {
    return value.isInt() && value.intValue() > 0;
  }
}
