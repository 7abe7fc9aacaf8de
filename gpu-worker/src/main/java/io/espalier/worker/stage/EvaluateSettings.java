package io.espalier.worker.stage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.domain.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/**
 * How an evaluation is done.
 *
 * @param batch images or sequences per batch, if it is said
 * @param samples at most that many images, questions or texts of the data set, from its beginning
 * @param latencyRepetitions forward passes timed; 0 for no timing
 * @param maxLength tokens of the longest sequence, for which operations are counted too, if said
 * @param stride tokens that neighbouring windows of a question share, if said
 */
record EvaluateSettings(
    OptionalInt batch,
    int samples,
    int latencyRepetitions,
    OptionalInt maxLength,
    OptionalInt stride) {
  private static final int USUAL_REPETITIONS = 50;
  private static final Set<String> KEYS =
      new TreeSet<>(Set.of("batch", "samples", "latencyRepetitions", "maxLength", "stride"));

  /** Where nothing is said. */
  static final EvaluateSettings USUAL = of("");

  /**
   * What a stage's spec asks for.
   *
   * @throws InvalidInputException naming every key that is unknown, and every value that makes no
   *     sense
   */
  static EvaluateSettings of(String spec) {
    JsonNode json = parse(spec);
    var problems = new ArrayList<String>();
    json.fieldNames()
        .forEachRemaining(
            key -> {
              if (!KEYS.contains(key)) {
                problems.add(
                    "evaluate has no setting '%s'; it has %s"
                        .formatted(key, String.join(", ", KEYS)));
              }
            });
    var settings =
        new EvaluateSettings(
            number(json, "batch", 1, problems),
            number(json, "samples", 1, problems).orElse(Integer.MAX_VALUE),
            number(json, "latencyRepetitions", 0, problems).orElse(USUAL_REPETITIONS),
            number(json, "maxLength", 1, problems),
            number(json, "stride", 0, problems));
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    return settings;
  }

  private static JsonNode parse(String spec) {
    try {
      JsonNode json = new ObjectMapper().readTree(spec.isBlank() ? "{}" : spec);
      if (json.isObject()) {
        return json;
      }
      throw new InvalidInputException(
          "evaluate: wanted its settings as a JSON object, found " + spec);
    } catch (JsonProcessingException e) {
      throw new InvalidInputException(
          "evaluate: its settings are not JSON: " + e.getOriginalMessage());
    }
  }

  private static OptionalInt number(JsonNode json, String key, int least, List<String> problems) {
    JsonNode value = json.path(key);
    if (value.isMissingNode()) {
      return OptionalInt.empty();
    }
    if (!value.canConvertToInt() || !value.isIntegralNumber() || value.intValue() < least) {
      problems.add(
          "evaluate.%s: wanted a whole number of at least %d, found %s"
              .formatted(key, least, value));
      return OptionalInt.empty();
    }
    return OptionalInt.of(value.intValue());
  }
}
