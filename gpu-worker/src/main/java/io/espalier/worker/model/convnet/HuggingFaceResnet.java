package io.espalier.worker.model.convnet;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.data.Normalization;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.model.family.TimmConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * A residual network as transformers' {@code ResNetConfig} describes it. What it does not say is as
 * that class has it.
 *
 * <p>Source: transformers 4.57.6, {@code models/resnet/configuration_resnet.py} and {@code
 * modeling_resnet.py}.
 *
 * @param plan what it is built like
 * @param input the images that it takes
 */
record HuggingFaceResnet(ResnetPlan plan, InputSpec input) {
  private static final String MODEL = "ResNetForImageClassification";

  /** Bottlenecks are narrower by this inside. */
  private static final int REDUCTION = 4;

  /** Far more than any residual network has; a table of so many blocks still fits. */
  private static final int MOST_BLOCKS = 1000;

  /** Returns whether a config.json is one of transformers' residual networks. */
  static boolean accepts(JsonNode config) {
    return !config.hasNonNull("architecture")
        && config.path("model_type").asText().equals("resnet");
  }

  /**
   * Reads a config.
   *
   * @throws InvalidInputException with everything in it that is not understood
   */
  static HuggingFaceResnet of(JsonNode config) {
    var problems = new ArrayList<String>();
    requireClassifier(config.path("architectures"), problems);
    boolean bottleneck =
        choice(config, "layer_type", List.of("bottleneck", "basic"), problems).equals("bottleneck");
    choice(config, "hidden_act", List.of("relu"), problems);
    List<Integer> depths = counts(config, "depths", List.of(3, 4, 6, 3), problems);
    List<Integer> outer = counts(config, "hidden_sizes", List.of(256, 512, 1024, 2048), problems);
    requireBlocks(depths, outer, bottleneck, problems);
    int stem = count(config, "embedding_size", 64, problems);
    var usual =
        new InputSpec(
            OptionalInt.of(classes(config, problems)),
            count(config, "num_channels", 3, problems),
            InputSpec.IMAGENET.height(),
            InputSpec.IMAGENET.width(),
            Normalization.IMAGENET);
    boolean halvesFirst = flag(config, "downsample_in_first_stage", problems);
    boolean halvesEarly = flag(config, "downsample_in_bottleneck", problems);
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    InputSpec input = InputSpec.of(config, usual);
    var plan =
        new ResnetPlan(
            MODEL,
            ResnetNames.HUGGING_FACE,
            new ResnetVariant(depths, bottleneck, false, false),
            input.classes(),
            List.of(input.channels(), input.height(), input.width()),
            stem,
            bottleneck ? outer.stream().map(width -> width / REDUCTION).toList() : outer,
            outer,
            new ResnetPlan.First(stem != outer.get(0) || halvesFirst, halvesFirst),
            halvesEarly);
    return new HuggingFaceResnet(plan, input);
  }

  private static void requireClassifier(JsonNode architectures, List<String> problems) {
    boolean found = architectures.isMissingNode() || architectures.isNull();
    for (JsonNode architecture : architectures) {
      found |= architecture.asText().equals(MODEL);
    }
    if (!found) {
      problems.add(
          "config.json: architectures must hold %s, found %s".formatted(MODEL, architectures));
    }
  }

  private static void requireBlocks(
      List<Integer> depths, List<Integer> outer, boolean bottleneck, List<String> problems) {
    if (depths.size() != outer.size()) {
      problems.add(
          "config.json: depths and hidden_sizes must be equally many, found %s and %s"
              .formatted(depths, outer));
    }
    if (depths.stream().mapToLong(blocks -> blocks).sum() > MOST_BLOCKS) {
      problems.add(
          "config.json: depths must be at most %d blocks in all, found %s"
              .formatted(MOST_BLOCKS, depths));
    }
    if (bottleneck && outer.stream().anyMatch(width -> width < REDUCTION)) {
      problems.add(
          "config.json: hidden_sizes must be at least %d where layer_type is bottleneck, found %s"
              .formatted(REDUCTION, outer));
    }
  }

  /** transformers writes a label per class, or nothing at all if there are two without names. */
  private static int classes(JsonNode config, List<String> problems) {
    JsonNode labels = config.path("id2label");
    return labels.isObject() && !labels.isEmpty()
        ? labels.size()
        : count(config, "num_labels", 2, problems);
  }

  private static String choice(
      JsonNode config, String key, List<String> known, List<String> problems) {
    JsonNode value = config.path(key);
    if (value.isMissingNode()) {
      return known.get(0);
    }
    if (!known.contains(value.asText())) {
      problems.add("config.json: %s must be one of %s, found %s".formatted(key, known, value));
    }
    return value.asText();
  }

  private static boolean flag(JsonNode config, String key, List<String> problems) {
    JsonNode value = config.path(key);
    if (!value.isMissingNode() && !value.isBoolean()) {
      problems.add("config.json: %s must be true or false, found %s".formatted(key, value));
    }
    return value.asBoolean();
  }

  private static int count(JsonNode config, String key, int usual, List<String> problems) {
    return TimmConfig.count(config.path(key), key, problems).orElse(usual);
  }

  private static List<Integer> counts(
      JsonNode config, String key, List<Integer> usual, List<String> problems) {
    JsonNode value = config.path(key);
    int length = value.isEmpty() ? usual.size() : value.size();
    List<Integer> said = TimmConfig.counts(value, key, length, problems);
    return said.isEmpty() ? usual : said;
  }
}
