package io.espalier.worker.model.image;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.data.image.ImageSize;
import io.espalier.worker.data.image.ImageStep;
import io.espalier.worker.data.image.Preparation;
import io.espalier.worker.data.image.Resampling;
import io.espalier.worker.domain.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The fields of a preprocessor_config.json, and what is wrong with them. */
final class ProcessorFields {
  /**
   * Value of {@code size}.
   *
   * @param byEdge whether it is the shortest edge that is so long
   */
  record Size(boolean byEdge, int height, int width) {
    /** Returns what comes out if an image is square. */
    ImageSize square() {
      return new ImageSize(height, width);
    }

    ImageStep step(Resampling filter) {
      return byEdge
          ? Preparation.transformersShortestEdge(height, filter)
          : Preparation.transformersExact(square(), filter);
    }
  }

  private static final int LARGEST = 65_536;

  private final JsonNode says;
  private final List<String> problems = new ArrayList<>();

  ProcessorFields(JsonNode says) {
    this.says = says;
  }

  /** The class that it names; ConvNeXT's, which transformers has for its ResNets, if none. */
  ProcessorKind kind() {
    JsonNode type = present("image_processor_type").orElse(says.path("feature_extractor_type"));
    Optional<ProcessorKind> kind =
        type.isTextual() ? ProcessorKind.named(type.asText()) : Optional.of(ProcessorKind.CONVNEXT);
    if (kind.isEmpty()) {
      problem("image_processor_type", "one of " + ProcessorKind.known(), type);
    }
    return kind.orElse(ProcessorKind.CONVNEXT);
  }

  Size size(ProcessorKind kind) {
    Optional<JsonNode> said = present("size");
    if (said.isEmpty()) {
      return new Size(kind.byEdge(), kind.size(), kind.size());
    }
    JsonNode size = said.get();
    boolean byEdge = size.isObject() ? size.has("shortest_edge") : kind.byEdge() && !size.isArray();
    JsonNode height = byEdge && size.isObject() ? size.path("shortest_edge") : height(size);
    JsonNode width = byEdge ? height : width(size);
    boolean known = !size.has("longest_edge") && (byEdge || kind != ProcessorKind.CONVNEXT);
    if (!isCount(height) || !isCount(width) || !known) {
      problem(
          "size",
          (kind == ProcessorKind.CONVNEXT ? "" : "height and width, or ")
              + "one shortest_edge, in pixels",
          size);
      return new Size(true, kind.size(), kind.size());
    }
    return new Size(byEdge, height.intValue(), width.intValue());
  }

  ImageSize cropSize(ProcessorKind kind) {
    Optional<JsonNode> said = present("crop_size");
    int usual = kind.cropped() > 0 ? kind.cropped() : kind.size();
    if (said.isEmpty()) {
      if (kind.cropped() == 0) {
        problem("crop_size", "there, since do_center_crop is true", says.path("crop_size"));
      }
      return new ImageSize(usual, usual);
    }
    JsonNode height = height(said.get());
    JsonNode width = width(said.get());
    if (!isCount(height) || !isCount(width)) {
      problem("crop_size", "height and width, in pixels", said.get());
      return new ImageSize(usual, usual);
    }
    return new ImageSize(height.intValue(), width.intValue());
  }

  private static JsonNode height(JsonNode size) {
    return size.isObject() ? size.path("height") : size.isArray() ? size.path(0) : size;
  }

  private static JsonNode width(JsonNode size) {
    return size.isObject() ? size.path("width") : size.isArray() ? size.path(1) : size;
  }

  Resampling resample(ProcessorKind kind) {
    Optional<JsonNode> said = present("resample");
    Optional<Resampling> filter =
        said.flatMap(
            each ->
                each.isInt()
                    ? Resampling.ofNumber(each.intValue())
                    : Resampling.named(each.asText()));
    if (said.isPresent() && filter.isEmpty()) {
      problem("resample", "a number of Pillow's, 0 to 5", said.get());
    }
    return filter.orElse(kind.filter());
  }

  boolean flag(String key, boolean usual) {
    Optional<JsonNode> said = present(key);
    if (said.isPresent() && !said.get().isBoolean()) {
      problem(key, "true or false", said.get());
    }
    return said.map(JsonNode::asBoolean).orElse(usual);
  }

  /** A positive number. */
  double number(String key, double usual) {
    Optional<JsonNode> said = present(key);
    if (said.isPresent() && !(said.get().isNumber() && said.get().doubleValue() > 0)) {
      problem(key, "a positive number", said.get());
      return usual;
    }
    return said.map(JsonNode::doubleValue).orElse(usual);
  }

  /** One number per channel; a single one holds for all. */
  List<Double> perChannel(String key, List<Double> usual) {
    Optional<JsonNode> said = present(key);
    if (said.isEmpty()) {
      return usual;
    }
    JsonNode value = said.get();
    var numbers = new ArrayList<Double>();
    if (value.isNumber()) {
      usual.forEach(channel -> numbers.add(value.doubleValue()));
    }
    value.forEach(each -> numbers.add(each.isNumber() ? each.doubleValue() : Double.NaN));
    if (numbers.size() != usual.size() || numbers.stream().anyMatch(each -> each.isNaN())) {
      problem(key, "three numbers", value);
      return usual;
    }
    return numbers;
  }

  void requirePositive(String key, List<Double> values) {
    if (values.stream().anyMatch(value -> value <= 0)) {
      problem(key, "three numbers above 0", says.path(key));
    }
  }

  /** Returns whether nothing was wrong so far. */
  boolean sound() {
    return problems.isEmpty();
  }

  /** Ends reading if anything was wrong. */
  void refuse() {
    if (flag("do_pad", false)) {
      problem("do_pad", "false", says.path("do_pad"));
    }
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
  }

  private Optional<JsonNode> present(String key) {
    return Optional.of(says.path(key)).filter(value -> !value.isMissingNode() && !value.isNull());
  }

  private void problem(String key, String wanted, JsonNode found) {
    problems.add(
        "%s: %s must be %s, found %s"
            .formatted(
                ImageProcessor.FILE, key, wanted, found.isMissingNode() ? "nothing" : found));
  }

  private static boolean isCount(JsonNode value) {
    return value.isInt() && value.intValue() > 0 && value.intValue() <= LARGEST;
  }
}
