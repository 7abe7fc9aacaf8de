package io.espalier.worker.stage;

import io.espalier.worker.algorithm.evaluate.Evaluation;
import io.espalier.worker.algorithm.fastnas.FastNasSettings;
import io.espalier.worker.algorithm.fastnas.FastNasSettings.Score;
import io.espalier.worker.algorithm.importance.Importance;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import io.espalier.worker.algorithm.search.ChoiceRule;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.LayerRules;
import io.espalier.worker.algorithm.search.Objective;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

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
 * @param reconstruct whether what reads cut channels is solved for anew; auto if not said
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
    int activationMebibytes,
    ReconstructionMode reconstruct) {

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
              "score",
              "objective",
              "layers",
              "importance",
              "activationMebibytes",
              "reconstruct"));
  private static final int CALIBRATION_BATCHES = 50;
  private static final int SCORE_IMAGES = 512;
  private static final int ACTIVATION_MEBIBYTES = 1024;

  /**
   * Reads a specification as a policy has it.
   *
   * @throws InvalidInputException with everything that is wrong with it
   */
  public static PruneSpec parse(String json) {
    return new Reader(new SpecReader(json, KEYS)).read();
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
        reconstruct,
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

  private static final class Reader {
    private final SpecReader spec;

    Reader(SpecReader spec) {
      this.spec = spec;
    }

    PruneSpec read() {
      spec.requireAlgorithm(FASTNAS);
      Constraints constraints = spec.constraints();
      int divisor = spec.count("channelDivisor", ChoiceRule.DEFAULT_DIVISOR);
      OptionalInt calibration = spec.count("calibrationBatches");
      int batch = spec.count("batchSize", Evaluation.BATCH);
      OptionalInt images = spec.count("scoreImages");
      Score score = score();
      Objective objective =
          spec.oneOf("objective", Objective.values(), Objective::key, Objective.SUM);
      LayerRules layers = spec.layers();
      Importance importance = importance();
      int memory = memory();
      ReconstructionMode reconstruct =
          spec.oneOf(
              "reconstruct",
              ReconstructionMode.values(),
              ReconstructionMode::key,
              ReconstructionMode.AUTO);
      if (constraints == null || spec.hasProblems()) {
        throw spec.refusal();
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
          memory,
          reconstruct);
    }

    private int memory() {
      return spec.number("activationMebibytes", 0).orElse(ACTIVATION_MEBIBYTES);
    }

    private Score score() {
      return spec.oneOf("score", Score.values(), PruneSpec::word, Score.LOSS);
    }

    private Importance importance() {
      return spec.oneOf(
          "importance", Importance.values(), Importance::key, Importance.CONSUMER_NORM);
    }
  }
}
