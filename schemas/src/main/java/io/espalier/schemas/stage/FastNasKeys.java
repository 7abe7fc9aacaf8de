package io.espalier.schemas.stage;

import static io.espalier.schemas.stage.PruneKeys.LARGEST_COUNT;
import static io.espalier.schemas.stage.PruneKeys.LARGEST_DIVISOR;

import io.espalier.schemas.setting.Setting;
import io.espalier.schemas.setting.SettingTable;
import io.espalier.schemas.setting.Settings;

/** Keys of the stage {@code prune} by FastNAS. */
public final class FastNasKeys {
  /** The word of the algorithm. */
  public static final String FASTNAS = "fastnas";

  /** Limits on the result's cost. */
  public static final Setting<Settings> CONSTRAINTS =
      PruneKeys.constraints(
              SettingTable.of(
                  PruneKeys.FLOPS, PruneKeys.PARAMETERS, PruneKeys.BYTES, PruneKeys.LATENCY))
          .more(
              "`flops`, `parameters`, `bytes`, `latency`: each a number or a percentage of the"
                  + " original, upper bounds, inclusive; several count together");

  /** Divisor of all widths. */
  public static final Setting<Integer> CHANNEL_DIVISOR =
      Setting.whole("channelDivisor", 1, LARGEST_DIVISOR)
          .usually(32)
          .means("Widths are multiples of this")
          .more("a layer no wider than it is not cut");

  /** Batches for BatchNorm. */
  public static final Setting<Integer> CALIBRATION_BATCHES =
      Setting.whole("calibrationBatches", 1, LARGEST_COUNT)
          .otherwise("up to 50")
          .means("Batches that the BatchNorm statistics are renewed with");

  /** Images at once. */
  public static final Setting<Integer> BATCH_SIZE = PruneKeys.BATCH_SIZE.usually(64);

  /** Images for scoring. */
  public static final Setting<Integer> SCORE_IMAGES =
      Setting.whole("scoreImages", 1, LARGEST_COUNT)
          .otherwise("up to 512")
          .means("Images that a candidate is scored on")
          .more("drawn by the seed");

  /** Score of cut models. */
  public static final Setting<String> SCORE =
      Setting.word("score", "accuracy", "loss", "agreement")
          .usually("loss")
          .told("score")
          .means("What a candidate is scored by")
          .more(
              "`loss` is the negative cross entropy, `agreement` the negative Kullback-Leibler"
                  + " divergence from what the original says, which needs no labels");

  /** Short training before candidates are compared. */
  public static final Setting<Settings> RANK_AFTER =
      PruneKeys.RANK_AFTER.more(
          "of 64 images a step; candidates are the best by the sum of losses, of their squares, of"
              + " their fourth powers and by the largest loss");

  /** Treatment of a candidate before it is scored. */
  public static final Setting<String> SCORE_AFTER =
      Setting.word("scoreAfter", "cut", "reconstruction")
          .usually("cut")
          .told("scored after")
          .means("What is done to a candidate before it is scored, beside calibrating BatchNorm")
          .more(
              "`reconstruction` solves anew for the layers that read the cut units, as the result's"
                  + " are");

  /** Ranking of channels. */
  public static final Setting<String> IMPORTANCE =
      Setting.word("importance", "consumer-norm", "batchnorm-scale", "taylor", "geometric-median")
          .usually("consumer-norm")
          .told("importance of channels")
          .means("What decides which channels of a layer stay")
          .more("`consumer-norm` is ModelOpt's, `taylor` needs labels");

  /** All keys. */
  static final SettingTable TABLE =
      SettingTable.of(
              PruneKeys.ALGORITHM,
              CONSTRAINTS,
              CHANNEL_DIVISOR,
              PruneKeys.LAYERS,
              PruneKeys.OBJECTIVE,
              SCORE,
              SCORE_AFTER,
              RANK_AFTER,
              IMPORTANCE,
              SCORE_IMAGES,
              CALIBRATION_BATCHES,
              BATCH_SIZE,
              PruneKeys.ACTIVATION_MEBIBYTES,
              PruneKeys.RECONSTRUCT)
          .requiring(PruneKeys.ALGORITHM, CONSTRAINTS);

  private FastNasKeys() {}
}
