package io.espalier.worker.model.convnet;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.model.family.TimmConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Content of a timm style config.json of a DenseNet that a table of its tensors needs.
 *
 * @param architecture entry point, such as {@code densenet121}
 * @param classes number of classes, if it says
 * @param input size of one image: channels, height, width; empty if it does not say
 * @param blocks number of layers per block
 * @param growthRate channels that a layer adds, before any cut
 * @param bottleneck how many times wider a layer is inside, before any cut
 */
record DensenetConfig(
    String architecture,
    OptionalInt classes,
    List<Integer> input,
    List<Integer> blocks,
    int growthRate,
    int bottleneck) {
  private static final Set<String> ARGUMENTS = Set.of("growth_rate", "block_config", "bn_size");

  /** Far more than any DenseNet has; a table of so many layers still fits. */
  private static final int MOST_LAYERS = 1000;

  /** Wider than any DenseNet is; products of such numbers still fit. */
  private static final int LARGEST_FACTOR = 4096;

  DensenetConfig {
    input = List.copyOf(input);
    blocks = List.copyOf(blocks);
  }

  /**
   * Reads a config.
   *
   * @throws InvalidInputException with everything in it that is not understood
   */
  static DensenetConfig of(JsonNode config) {
    String name = TimmConfig.architectureOf(config);
    DensenetVariant usual =
        TimmConfig.known(DensenetVariant.of(name), name, "a DenseNet", DensenetVariant.KNOWN);
    var problems = new ArrayList<String>();
    JsonNode arguments = config.path("model_args");
    TimmConfig common = TimmConfig.of(config, ARGUMENTS, problems);
    var result =
        new DensenetConfig(
            name,
            common.classes(),
            common.input(),
            blocks(arguments.path("block_config"), usual.blocks(), problems),
            factor(arguments, "growth_rate", usual.growthRate(), problems),
            factor(arguments, "bn_size", 4, problems));
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    return result;
  }

  private static List<Integer> blocks(JsonNode value, List<Integer> usual, List<String> problems) {
    int length = value.isEmpty() ? usual.size() : value.size();
    List<Integer> said = TimmConfig.counts(value, "model_args.block_config", length, problems);
    if (said.stream().mapToLong(layers -> layers).sum() > MOST_LAYERS) {
      problems.add(
          "config.json: model_args.block_config must be at most %d layers in all, found %s"
              .formatted(MOST_LAYERS, value));
      return usual;
    }
    return said.isEmpty() ? usual : said;
  }

  private static int factor(JsonNode arguments, String key, int usual, List<String> problems) {
    JsonNode value = arguments.path(key);
    int factor = TimmConfig.count(value, "model_args." + key, problems).orElse(usual);
    if (factor > LARGEST_FACTOR) {
      problems.add(
          "config.json: model_args.%s must be at most %d, found %s"
              .formatted(key, LARGEST_FACTOR, value));
    }
    return factor;
  }
}
