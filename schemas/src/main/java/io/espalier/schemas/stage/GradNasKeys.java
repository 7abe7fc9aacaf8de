package io.espalier.schemas.stage;

import static io.espalier.schemas.stage.PruneKeys.LARGEST_COUNT;
import static io.espalier.schemas.stage.PruneKeys.LARGEST_DIVISOR;

import io.espalier.schemas.setting.Setting;
import io.espalier.schemas.setting.SettingTable;
import io.espalier.schemas.setting.Settings;

/** Keys of the stage {@code prune} by GradNAS. */
public final class GradNasKeys {
  /** The word of the algorithm. */
  public static final String GRADNAS = "gradnas";

  /** Limits on the result's cost. */
  public static final Setting<Settings> CONSTRAINTS =
      PruneKeys.constraintsOfTransformers()
          .more(
              "`flops`, `parameters`, `bytes`, `latency`, of models that continue text also"
                  + " `flopsPerToken` in place of `flops` ([minitron.md](minitron.md)): each a"
                  + " number or a percentage of the original, upper bounds, inclusive; several"
                  + " count together");

  /** Divisor of numbers of neurons. */
  public static final Setting<Integer> NEURON_DIVISOR =
      PruneKeys.NEURON_DIVISOR.usually(32).more("heads go one by one");

  /** Batches for gradients. */
  public static final Setting<Integer> BATCHES =
      PruneKeys.BATCHES
          .means("Batches that gradients are measured on")
          .more("a number that is written down is exact, data that have fewer are refused");

  /** Sequences at once. */
  public static final Setting<Integer> BATCH_SIZE =
      PruneKeys.BATCH_SIZE
          .usually(8)
          .told("images or sequences per batch")
          .more("what is squared is the gradient of a batch's mean loss");

  /** Sequences that are computed at once. */
  public static final Setting<Integer> MICRO_BATCH =
      Setting.whole("microBatch", 1, LARGEST_DIVISOR)
          .otherwise("`batchSize`")
          .unrecorded()
          .means("Images or sequences that are computed at once, which bounds memory")
          .more("changes no result beyond rounding");

  /** Normalisation of scores. */
  public static final Setting<String> NORMALISATION =
      Setting.word("normalisation", "raw", "layer", "kind")
          .usually("kind")
          .told("scores compared by")
          .means(
              "How scores of layers and kinds of units are made comparable: layer, kind, or raw"
                  + " (ModelOpt's)")
          .more(
              "`kind`: all heads share 1, and so do all neurons; `layer`: the units of each layer"
                  + " do, heads and neurons apart");

  /** Ranking of units. */
  public static final Setting<String> IMPORTANCE =
      Setting.word("importance", "gradient", "residual")
          .usually("gradient")
          .told("units of a layer ranked by")
          .means("What decides which units of a layer stay; how many is decided by gradients")
          .more(
              "`residual`: what the projection behind them loses once its weights are solved for"
                  + " anew without them, one after another; not with `reconstruct: off`");

  /** Flag: layers are alike. */
  public static final Setting<Boolean> UNIFORM =
      Setting.flag("uniform").means("Whether all layers get the same widths");

  /** The form of the result. */
  public static final Setting<String> OUTPUT =
      Setting.word("output", "per-layer", "hf-v4-pruned-heads", "uniform", "zero-padded")
          .otherwise("what stock loaders open, if that can be")
          .means(
              "In which form the result is left behind, on which depends who opens it; without it"
                  + " the first of uniform, hf-v4-pruned-heads and per-layer in which a model is"
                  + " within the constraints")
          .more("see below");

  /** Tokens of a sequence. */
  public static final Setting<Integer> MAX_LENGTH =
      PruneKeys.maxLength(1)
          .otherwise(
              "384 for questions, 512 for text that is continued, 128 otherwise, or as many as the"
                  + " model takes")
          .more(
              "latency is that of one such sequence; this and `stride` are for models that read"
                  + " text");

  /** Tokens that windows share. */
  public static final Setting<Integer> STRIDE =
      Setting.whole("stride", 0, LARGEST_COUNT)
          .otherwise("128, or a third of `maxLength` if that is less")
          .means("Tokens that neighbouring windows of a question share");

  /** Whether projections are solved for anew. */
  public static final Setting<String> RECONSTRUCT =
      PruneKeys.RECONSTRUCT.means(
          "Whether what writes to the residual stream is solved for anew by least squares, from the"
              + " first cut on");

  /** All keys. */
  static final SettingTable TABLE =
      SettingTable.of(
              PruneKeys.ALGORITHM,
              CONSTRAINTS,
              NEURON_DIVISOR,
              BATCHES,
              BATCH_SIZE,
              MICRO_BATCH,
              NORMALISATION,
              IMPORTANCE,
              PruneKeys.OBJECTIVE,
              PruneKeys.LAYERS,
              UNIFORM,
              OUTPUT,
              RECONSTRUCT,
              MAX_LENGTH,
              STRIDE)
          .requiring(PruneKeys.ALGORITHM, CONSTRAINTS);

  private GradNasKeys() {}
}
