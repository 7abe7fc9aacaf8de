package io.espalier.worker.stage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.algorithm.evaluate.Evaluation;
import io.espalier.worker.algorithm.fastnas.FastNasSettings;
import io.espalier.worker.algorithm.fastnas.FastNasSettings.Score;
import io.espalier.worker.algorithm.importance.Importance;
import io.espalier.worker.algorithm.search.ChoiceRule;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.domain.InvalidInputException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The {@code prune} stage of a policy.
 *
 * @param constraints what the model may cost at most
 * @param channelDivisor cut widths are multiples of it; 32 if not said
 * @param calibrationBatches batches that BatchNorm is calibrated on, at most; 50 if not said
 * @param batchSize images per batch; 128 if not said
 * @param scoreImages images that cut models are scored on, at most; 512 if not said
 * @param score what they are scored by, {@code accuracy} or {@code loss}; loss if not said
 */
public record PruneSpec(
    Constraints constraints,
    int channelDivisor,
    int calibrationBatches,
    int batchSize,
    int scoreImages,
    Score score) {

  /** The algorithm that there is. */
  static final String FASTNAS = "fastnas";

  private static final Set<String> KEYS =
      new TreeSet<>(
          Set.of(
              "algorithm",
              "constraints",
              "channelDivisor",
              "calibrationBatches",
              "batchSize",
              "scoreImages",
              "score"));
  private static final int CALIBRATION_BATCHES = 50;
  private static final int SCORE_IMAGES = 512;
  private static final int LARGEST = 1_000_000;

  /**
   * Reads a specification as a policy has it.
   *
   * @throws InvalidInputException with everything that is wrong with it
   */
  public static PruneSpec parse(String json) {
    return new Reader(tree(json)).read();
  }

  /** The settings of a search, with the seed of the job. */
  FastNasSettings settings(long seed) {
    return new FastNasSettings(
        channelDivisor,
        calibrationBatches,
        batchSize,
        scoreImages,
        score,
        Importance.CONSUMER_NORM,
        1024,
        seed);
  }

  private static JsonNode tree(String json) {
    try {
      JsonNode tree = new ObjectMapper().readTree(json);
      if (tree.isObject()) {
        return tree;
      }
    } catch (JsonProcessingException e) {
      throw new InvalidInputException("prune: not JSON: " + e.getOriginalMessage());
    }
    throw new InvalidInputException(
        "prune: wanted an object with %s, found %s".formatted(KEYS, json));
  }

  private static final class Reader {
    private final JsonNode spec;
    private final List<String> problems = new ArrayList<>();

    Reader(JsonNode spec) {
      this.spec = spec;
    }

    PruneSpec read() {
      refuseUnknown();
      requireAlgorithm();
      Constraints constraints = constraints();
      int divisor = count("channelDivisor", ChoiceRule.DEFAULT_DIVISOR);
      int calibration = count("calibrationBatches", CALIBRATION_BATCHES);
      int batch = count("batchSize", Evaluation.BATCH);
      int images = count("scoreImages", SCORE_IMAGES);
      Score score = score();
      if (constraints == null || !problems.isEmpty()) {
        throw new InvalidInputException(problems);
      }
      return new PruneSpec(constraints, divisor, calibration, batch, images, score);
    }

    private void refuseUnknown() {
      spec.fieldNames()
          .forEachRemaining(
              key -> {
                if (!KEYS.contains(key)) {
                  problems.add("prune.%s: unknown, known are %s".formatted(key, KEYS));
                }
              });
    }

    private void requireAlgorithm() {
      JsonNode algorithm = spec.path("algorithm");
      if (!algorithm.asText().equals(FASTNAS)) {
        problems.add(
            "prune.algorithm: wanted %s, found %s"
                .formatted(FASTNAS, algorithm.isMissingNode() ? "nothing" : algorithm));
      }
    }

    private @org.jspecify.annotations.Nullable Constraints constraints() {
      JsonNode node = spec.path("constraints");
      if (!node.isObject()) {
        problems.add(
            "prune.constraints: wanted an object such as {\"flops\": \"60%%\"}, found %s"
                .formatted(node.isMissingNode() ? "nothing" : node));
        return null;
      }
      Map<String, String> asked = new LinkedHashMap<>();
      node.properties()
          .forEach(
              entry -> {
                JsonNode value = entry.getValue();
                asked.put(entry.getKey(), value.isValueNode() ? value.asText() : value.toString());
              });
      try {
        return Constraints.parse(asked);
      } catch (InvalidInputException e) {
        e.problems().forEach(problem -> problems.add("prune." + problem));
        return null;
      }
    }

    private int count(String key, int otherwise) {
      JsonNode value = spec.path(key);
      if (value.isMissingNode()) {
        return otherwise;
      }
      if (!value.isInt() || value.intValue() < 1 || value.intValue() > LARGEST) {
        problems.add(
            "prune.%s: wanted a whole number from 1 to %d, found %s"
                .formatted(key, LARGEST, value));
        return otherwise;
      }
      return value.intValue();
    }

    private Score score() {
      JsonNode value = spec.path("score");
      if (value.isMissingNode()) {
        return Score.LOSS;
      }
      for (Score score : Score.values()) {
        if (score.name().toLowerCase(Locale.ROOT).equals(value.asText())) {
          return score;
        }
      }
      problems.add("prune.score: wanted accuracy or loss, found " + value);
      return Score.LOSS;
    }
  }
}
