package io.espalier.worker.stage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.algorithm.evaluate.Evaluation;
import io.espalier.worker.domain.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * How an evaluation is done.
 *
 * @param batch images per batch
 * @param samples at most that many images of the data set, from its beginning
 * @param latencyRepetitions forward passes timed; 0 for no timing
 */
record EvaluateSettings(int batch, int samples, int latencyRepetitions) {
  private static final int USUAL_REPETITIONS = 50;
  private static final Set<String> KEYS =
      new TreeSet<>(Set.of("batch", "samples", "latencyRepetitions"));

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
            number(json, "batch", 1, Evaluation.BATCH, problems),
            number(json, "samples", 1, Integer.MAX_VALUE, problems),
            number(json, "latencyRepetitions", 0, USUAL_REPETITIONS, problems));
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

  private static int number(
      JsonNode json, String key, int least, int otherwise, List<String> problems) {
    JsonNode value = json.path(key);
    if (value.isMissingNode()) {
      return otherwise;
    }
    if (!value.canConvertToInt() || !value.isIntegralNumber() || value.intValue() < least) {
      problems.add(
          "evaluate.%s: wanted a whole number of at least %d, found %s"
              .formatted(key, least, value));
      return otherwise;
    }
    return value.intValue();
  }
}
