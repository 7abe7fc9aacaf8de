package io.espalier.worker.stage.prune;

import io.espalier.schemas.setting.Settings;
import io.espalier.schemas.stage.FastNasKeys;
import io.espalier.schemas.stage.PruneKeys;
import io.espalier.worker.algorithm.fastnas.FastNas;
import io.espalier.worker.algorithm.fastnas.FastNasSettings;
import io.espalier.worker.algorithm.fastnas.FastNasSettings.Score;
import io.espalier.worker.algorithm.fastnas.FastNasSettings.ScoreAfter;
import io.espalier.worker.algorithm.importance.Importance;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
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

/**
 * The {@code prune} stage of a policy, by FastNAS.
 *
 * @param said what the policy says
 * @param constraints what the model may cost at most
 * @param layers rules for single layers
 */
public record FastNasSpec(Settings said, Constraints constraints, LayerRules layers) {
  private static final int CALIBRATION_BATCHES = 50;
  private static final int SCORE_IMAGES = 512;

  /**
   * Reads a specification as a policy has it.
   *
   * @throws InvalidInputException with everything that is wrong with it
   */
  public static FastNasSpec parse(String json) {
    PruneReader reader = PruneReader.of(FastNasKeys.FASTNAS, json);
    Optional<Constraints> constraints =
        reader.constraints(FastNasKeys.CONSTRAINTS, Constraints::parse);
    LayerRules layers = reader.layers();
    checkReconstruction(reader);
    reader.requireSound();
    return new FastNasSpec(reader.settings(), constraints.orElseThrow(), layers);
  }

  /** A choice for models that are reconstructed needs one that is. */
  private static void checkReconstruction(PruneReader reader) {
    Settings said = reader.settings();
    boolean off =
        said.find(PruneKeys.RECONSTRUCT).equals(Optional.of(ReconstructionMode.OFF.key()));
    boolean after =
        said.find(FastNasKeys.SCORE_AFTER).equals(Optional.of(word(ScoreAfter.RECONSTRUCTION)));
    if (off && after) {
      reader.problem(
          "scoreAfter: reconstruction is not possible with reconstruct: off, since the result is"
              + " not reconstructed; ask for scoreAfter: cut, or leave one of them out");
    }
  }

  /** Returns what cut widths are multiples of. */
  public int channelDivisor() {
    return said.get(FastNasKeys.CHANNEL_DIVISOR);
  }

  /** Batches that BatchNorm is calibrated on, if it is said; else up to 50. */
  OptionalInt calibrationBatches() {
    return said.number(FastNasKeys.CALIBRATION_BATCHES);
  }

  /** Images per batch. */
  int batchSize() {
    return said.get(FastNasKeys.BATCH_SIZE);
  }

  /** Images that cut models are scored on, if it is said; else up to 512. */
  OptionalInt scoreImages() {
    return said.number(FastNasKeys.SCORE_IMAGES);
  }

  /** Returns what cut models are scored by. */
  public Score score() {
    return said.get(FastNasKeys.SCORE, Score.values(), FastNasSpec::word);
  }

  /** Returns what is done to cut models before they are scored. */
  ScoreAfter scoreAfter() {
    return said.get(FastNasKeys.SCORE_AFTER, ScoreAfter.values(), FastNasSpec::word);
  }

  /** Returns what a choice of widths loses, summed up. */
  public Objective objective() {
    return said.get(PruneKeys.OBJECTIVE, Objective.values(), Objective::key);
  }

  /** Returns what decides which channels stay. */
  public Importance importance() {
    return said.get(FastNasKeys.IMPORTANCE, Importance.values(), Importance::key);
  }

  /** Bound of activations in memory. */
  int activationMebibytes() {
    return said.get(PruneKeys.ACTIVATION_MEBIBYTES);
  }

  /** Steps for which candidates learn before they are compared; empty if they do not. */
  OptionalInt rankAfter() {
    return said.says(FastNasKeys.RANK_AFTER)
        ? OptionalInt.of(said.get(FastNasKeys.RANK_AFTER).get(PruneKeys.RANK_STEPS))
        : OptionalInt.empty();
  }

  /** Returns whether layers behind the first cut are solved for anew. */
  ReconstructionMode reconstruct() {
    return said.get(PruneKeys.RECONSTRUCT, ReconstructionMode.values(), ReconstructionMode::key);
  }

  /** The settings of a search, with the seed of the job. */
  FastNasSettings settings(long seed) {
    return new FastNasSettings(
        channelDivisor(),
        calibrationBatches().orElse(CALIBRATION_BATCHES),
        batchSize(),
        scoreImages().orElse(SCORE_IMAGES),
        score(),
        scoreAfter(),
        objective(),
        importance(),
        activationMebibytes(),
        rankAfter(),
        reconstruct(),
        seed);
  }

  /**
   * Returns what the specification asks of the images that the search may use.
   *
   * @param images how many there are
   * @param labelled whether they have classes
   * @return what they do not fulfil, in words
   */
  List<String> unmet(int images, boolean labelled) {
    var problems = new ArrayList<String>();
    if (scoreImages().orElse(0) > images) {
      problems.add(
          "prune.scoreImages: %d were asked for, but the data of the search have %d; ask for fewer, or leave it out to use what there is"
              .formatted(scoreImages().getAsInt(), images));
    }
    long calibration = (long) calibrationBatches().orElse(0) * batchSize();
    if (calibration > images) {
      problems.add(
          "prune.calibrationBatches: %d of %d images are %d images, but the data of the search have %d; ask for fewer, or leave it out to use what there is"
              .formatted(calibrationBatches().getAsInt(), batchSize(), calibration, images));
    }
    if (!labelled && score() != Score.AGREEMENT) {
      problems.add(
          "prune.score: %s needs labelled images, but those of the search have no classes; use agreement"
              .formatted(word(score())));
    }
    if (rankAfter().isPresent() && images < 2 * FastNas.LEARNED_AT_ONCE) {
      problems.add(
          "prune.rankAfter: candidates learn in steps of %d images, but the data of the search have %d; give at least %d, or leave it out"
              .formatted(FastNas.LEARNED_AT_ONCE, images, 2 * FastNas.LEARNED_AT_ONCE));
    }
    if (!labelled && importance() == Importance.TAYLOR) {
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
   * Returns why BatchNorm of a network cannot be calibrated on batches of images as they are asked
   * for, if it cannot: one value per channel has no variance.
   *
   * @param images that the search may use
   */
  Optional<String> withoutVariance(Architecture architecture, int images) {
    int scored = Math.min(scoreImages().orElse(SCORE_IMAGES), images);
    if (Math.min(batchSize(), scored) > 1) {
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

  /** Returns where it comes from that a batch has one image. */
  private String single(int images) {
    if (batchSize() == 1) {
      return "prune.batchSize: found 1; ask for";
    }
    return images == 1
        ? "prune: the data of the search have 1 image; give"
        : "prune.scoreImages: found 1; ask for";
  }

  static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
