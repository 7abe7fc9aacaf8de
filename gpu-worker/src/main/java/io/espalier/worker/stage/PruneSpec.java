package io.espalier.worker.stage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.espalier.worker.algorithm.evaluate.Evaluation;
import io.espalier.worker.algorithm.fastnas.FastNasSettings;
import io.espalier.worker.algorithm.fastnas.FastNasSettings.Score;
import io.espalier.worker.algorithm.importance.Importance;
import io.espalier.worker.algorithm.search.ChoiceRule;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.LayerRules;
import io.espalier.worker.algorithm.search.Objective;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The {@code prune} stage of a policy.
 *
 * @param constraints what the model may cost at most
 * @param channelDivisor cut widths are multiples of it; 32 if not said
 * @param calibrationBatches batches that BatchNorm is calibrated on, if it is said; else up to 50
 * @param batchSize images per batch; 64 if not said
 * @param scoreImages images that cut models are scored on, if it is said; else up to 512
 * @param score what they are scored by; loss if not said
 * @param objective what a choice of widths loses, summed up; the sum if not said
 * @param layers rules for single layers
 * @param importance what decides which channels stay; consumer norms if not said
 * @param activationMebibytes bound of activations in memory; 1024 if not said
 */
public record PruneSpec(
    Constraints constraints,
    int channelDivisor,
    OptionalInt calibrationBatches,
    int batchSize,
    OptionalInt scoreImages,
    Score score,
    Objective objective,
    LayerRules layers,
    Importance importance,
    int activationMebibytes) {

  /** The algorithm that there is. */
  static final String FASTNAS = "fastnas";

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .build();

  private static final Set<String> KEYS =
      new TreeSet<>(
          Set.of(
              "algorithm",
              "constraints",
              "channelDivisor",
              "calibrationBatches",
              "batchSize",
              "scoreImages",
              "score",
              "objective",
              "layers",
              "importance",
              "activationMebibytes"));
  private static final int CALIBRATION_BATCHES = 50;
  private static final int SCORE_IMAGES = 512;
  private static final int ACTIVATION_MEBIBYTES = 1024;
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
        calibrationBatches.orElse(CALIBRATION_BATCHES),
        batchSize,
        scoreImages.orElse(SCORE_IMAGES),
        score,
        objective,
        importance,
        activationMebibytes,
        seed);
  }

  /**
   * What the specification asks of the images that the search may use.
   *
   * @param images how many there are
   * @param labelled whether they have classes
   * @return what they do not fulfil, in words
   */
  List<String> unmet(int images, boolean labelled) {
    var problems = new ArrayList<String>();
    if (scoreImages.orElse(0) > images) {
      problems.add(
          "prune.scoreImages: %d were asked for, but the data of the search have %d; ask for fewer, or leave it out to use what there is"
              .formatted(scoreImages.getAsInt(), images));
    }
    long calibration = (long) calibrationBatches.orElse(0) * batchSize;
    if (calibration > images) {
      problems.add(
          "prune.calibrationBatches: %d of %d images are %d images, but the data of the search have %d; ask for fewer, or leave it out to use what there is"
              .formatted(calibrationBatches.getAsInt(), batchSize, calibration, images));
    }
    if (!labelled && score != Score.AGREEMENT) {
      problems.add(
          "prune.score: %s needs labelled images, but those of the search have no classes; use agreement"
              .formatted(word(score)));
    }
    if (!labelled && importance == Importance.TAYLOR) {
      problems.add(
          "prune.importance: taylor needs labelled images, but those of the search have no classes; use another of %s"
              .formatted(
                  Importance.keys().stream()
                      .filter(key -> !key.equals(Importance.TAYLOR.key()))
                      .toList()));
    }
    return problems;
  }

  /**
   * Why BatchNorm of a network cannot be calibrated on batches of images as they are asked for, if
   * it cannot: one value per channel has no variance.
   *
   * @param images that the search may use
   */
  Optional<String> withoutVariance(Architecture architecture, int images) {
    int scored = Math.min(scoreImages.orElse(SCORE_IMAGES), images);
    if (Math.min(batchSize, scored) > 1) {
      return Optional.empty();
    }
    return architecture.normalised().stream()
        .filter(layer -> layer.window().positions() == 1)
        .findFirst()
        .map(
            layer ->
                "%s at least 2 images. Batches of one cannot calibrate the BatchNorm behind '%s' of %s, which has one position per image and so one value per channel"
                    .formatted(single(images), layer.module(), architecture.name()));
  }

  /** Where it comes from that a batch has one image. */
  private String single(int images) {
    if (batchSize == 1) {
      return "prune.batchSize: found 1; ask for";
    }
    return images == 1
        ? "prune: the data of the search have 1 image; give"
        : "prune.scoreImages: found 1; ask for";
  }

  static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static JsonNode tree(String json) {
    try {
      JsonNode tree = JSON.readTree(json);
      if (tree.isObject()) {
        return tree;
      }
    } catch (JsonProcessingException e) {
      throw new InvalidInputException("prune: not JSON: " + e.getOriginalMessage());
    }
    throw new InvalidInputException(
        "prune: wanted an object with %s, found %s".formatted(KEYS, json));
  }

  /** A rule as a policy has it. */
  private record LayerRule(
      @Nullable String match,
      @Nullable Boolean exclude,
      @Nullable Integer channelDivisor,
      @Nullable List<Double> ratios) {
    LayerRules.Rule rule() {
      if (match == null || match.isEmpty()) {
        throw new IllegalArgumentException("match is missing");
      }
      if (ratios != null && (ratios.isEmpty() || ratios.contains(null))) {
        throw new IllegalArgumentException("ratios are not numbers");
      }
      if (exclude == null && channelDivisor == null && ratios == null) {
        throw new IllegalArgumentException("it says nothing of the layers");
      }
      return new LayerRules.Rule(
          match,
          Optional.ofNullable(channelDivisor),
          Optional.ofNullable(ratios),
          Optional.ofNullable(exclude));
    }
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
      OptionalInt calibration = count("calibrationBatches");
      int batch = count("batchSize", Evaluation.BATCH);
      OptionalInt images = count("scoreImages");
      Score score = score();
      Objective objective = oneOf("objective", Objective.values(), Objective::key, Objective.SUM);
      LayerRules layers = layers();
      Importance importance = importance();
      int memory = memory();
      if (constraints == null || !problems.isEmpty()) {
        throw new InvalidInputException(problems);
      }
      return new PruneSpec(
          constraints,
          divisor,
          calibration,
          batch,
          images,
          score,
          objective,
          layers,
          importance,
          memory);
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

    private @Nullable Constraints constraints() {
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
      return count(key).orElse(otherwise);
    }

    private OptionalInt count(String key) {
      return number(key, 1);
    }

    private OptionalInt number(String key, int least) {
      JsonNode value = spec.path(key);
      if (value.isMissingNode()) {
        return OptionalInt.empty();
      }
      if (!value.isInt() || value.intValue() < least || value.intValue() > LARGEST) {
        problems.add(
            "prune.%s: wanted a whole number from %d to %d, found %s"
                .formatted(key, least, LARGEST, value));
        return OptionalInt.empty();
      }
      return OptionalInt.of(value.intValue());
    }

    private int memory() {
      return number("activationMebibytes", 0).orElse(ACTIVATION_MEBIBYTES);
    }

    private LayerRules layers() {
      JsonNode nodes = spec.path("layers");
      if (!nodes.isMissingNode() && !nodes.isArray()) {
        problems.add("prune.layers: wanted a list of rules, found " + nodes);
        return LayerRules.NONE;
      }
      var rules = new ArrayList<LayerRules.Rule>();
      for (int i = 0; i < nodes.size(); i++) {
        String where = "prune.layers[%d]".formatted(i);
        try {
          if (!nodes.get(i).isObject()) {
            throw new IllegalArgumentException("it is no group of fields");
          }
          rules.add(JSON.treeToValue(nodes.get(i), LayerRule.class).rule());
        } catch (JsonProcessingException | IllegalArgumentException e) {
          String why =
              e instanceof JsonProcessingException j ? j.getOriginalMessage() : e.getMessage();
          problems.add(
              "%s: wanted match with exclude, channelDivisor or ratios, found %s (%s)"
                  .formatted(where, nodes.get(i), why));
        }
      }
      return new LayerRules(rules);
    }

    private Score score() {
      return oneOf("score", Score.values(), PruneSpec::word, Score.LOSS);
    }

    private Importance importance() {
      return oneOf("importance", Importance.values(), Importance::key, Importance.CONSUMER_NORM);
    }

    private <E> E oneOf(String key, E[] known, Function<E, String> word, E usual) {
      JsonNode value = spec.path(key);
      if (value.isMissingNode()) {
        return usual;
      }
      for (E one : known) {
        if (word.apply(one).equals(value.asText())) {
          return one;
        }
      }
      problems.add(
          "prune.%s: wanted one of %s, found %s"
              .formatted(key, Arrays.stream(known).map(word).toList(), value));
      return usual;
    }
  }
}
