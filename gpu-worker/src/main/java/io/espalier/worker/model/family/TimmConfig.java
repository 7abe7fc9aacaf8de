package io.espalier.worker.model.family;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.domain.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/**
 * Content of a timm style config.json of a network that a table of its tensors needs.
 *
 * @param architecture entry point, such as {@code resnet50}
 * @param classes number of classes, if it says
 * @param input size of one image: channels, height, width; empty if it does not say
 * @param stageWidths {@code model_args.channels}; empty if it does not say
 * @param stemWidth {@code model_args.stem_width}, if it says
 */
public record TimmConfig(
    String architecture,
    OptionalInt classes,
    List<Integer> input,
    List<Integer> stageWidths,
    OptionalInt stemWidth) {

  /** Arguments that change nothing which config.json does not say elsewhere. */
  private static final Set<String> HARMLESS = Set.of("num_classes", "in_chans", "pretrained");

  public TimmConfig {
    input = List.copyOf(input);
    stageWidths = List.copyOf(stageWidths);
  }

  /** The name of the architecture, or an empty string if the config has none. */
  public static String architectureOf(JsonNode config) {
    return config.path("architecture").asText("");
  }

  /**
   * Reads a config of a residual network. The widths of stages are {@code channels} to timm, and
   * {@code widths} to the networks for CIFAR.
   *
   * @throws InvalidInputException with everything in it that is not understood
   */
  public static TimmConfig ofStages(JsonNode config, boolean cifar, int stages) {
    var problems = new ArrayList<String>();
    JsonNode arguments = config.path("model_args");
    String widths = cifar && !arguments.has("channels") ? "widths" : "channels";
    TimmConfig common = of(config, Set.of(widths, "stem_width"), problems);
    var result =
        new TimmConfig(
            common.architecture(),
            common.classes(),
            common.input(),
            counts(arguments.path(widths), "model_args." + widths, stages, problems),
            count(arguments.path("stem_width"), "model_args.stem_width", problems));
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    return result;
  }

  /**
   * Reads what any network's config says.
   *
   * @param arguments names in {@code model_args} that the caller reads; others are problems
   * @param problems gets everything that is not understood
   */
  public static TimmConfig of(JsonNode config, Set<String> arguments, List<String> problems) {
    refuseUnknown(config.path("model_args"), arguments, problems);
    String sizeKey = config.has("input_size") ? "input_size" : "pretrained_cfg.input_size";
    return new TimmConfig(
        architectureOf(config),
        count(first(config, "num_classes"), "num_classes", problems),
        counts(first(config, "input_size"), sizeKey, 3, problems),
        List.of(),
        OptionalInt.empty());
  }

  /**
   * The variant of a family that an architecture names.
   *
   * @param what one of the family, in words
   * @param all what can be asked for, in words
   * @throws InvalidInputException if there is none
   */
  public static <V> V known(Optional<V> variant, String architecture, String what, Object all) {
    return variant.orElseThrow(
        () ->
            new InvalidInputException(
                "config.json: architecture '%s' is not %s known here; known: %s"
                    .formatted(architecture, what, all)));
  }

  /** Returns what a config says at the top, or else in {@code pretrained_cfg}. */
  static JsonNode first(JsonNode config, String key) {
    return config.has(key) ? config.path(key) : config.path("pretrained_cfg").path(key);
  }

  private static void refuseUnknown(JsonNode arguments, Set<String> read, List<String> problems) {
    var known = new TreeSet<>(HARMLESS);
    known.addAll(read);
    arguments
        .fieldNames()
        .forEachRemaining(
            key -> {
              if (!known.contains(key)) {
                problems.add(
                    "config.json: model_args.%s = %s would change the network in a way that is not known here; known: %s"
                        .formatted(key, arguments.get(key), known));
              }
            });
  }

  /** A positive integer, or empty if there is none; adds a problem if it is anything else. */
  public static OptionalInt count(JsonNode value, String key, List<String> problems) {
    if (value.isMissingNode() || value.isNull()) {
      return OptionalInt.empty();
    }
    if (!isCount(value)) {
      problems.add("config.json: %s must be a positive integer, found %s".formatted(key, value));
      return OptionalInt.empty();
    }
    return OptionalInt.of(value.intValue());
  }

  /**
   * So many positive integers, or none if there are none; adds a problem if it is anything else.
   */
  public static List<Integer> counts(
      JsonNode value, String key, int length, List<String> problems) {
    if (value.isMissingNode() || value.isNull()) {
      return List.of();
    }
    var counts = new ArrayList<Integer>();
    value.forEach(element -> counts.add(isCount(element) ? element.intValue() : 0));
    if (!value.isArray() || counts.size() != length || counts.contains(0)) {
      problems.add(
          "config.json: %s must be %d positive integers, found %s".formatted(key, length, value));
      return List.of();
    }
    return counts;
  }

  private static boolean isCount(JsonNode value) {
    return value.isInt() && value.intValue() > 0;
  }
}
