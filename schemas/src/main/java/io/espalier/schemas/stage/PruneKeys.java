package io.espalier.schemas.stage;

import io.espalier.schemas.setting.Setting;
import io.espalier.schemas.setting.SettingTable;
import io.espalier.schemas.setting.Settings;
import io.espalier.schemas.setting.Values;
import java.util.List;
import java.util.stream.Stream;

/** Keys that several algorithms of pruning know alike. */
public final class PruneKeys {
  static final int LARGEST_DIVISOR = 65_536;
  static final int LARGEST_COUNT = 1_000_000;

  /** Pruning algorithm. */
  public static final Setting<String> ALGORITHM =
      Setting.word("algorithm", "fastnas", "gradnas", "minitron")
          .means(
              "How it is decided what matters least: fastnas for networks of convolutions, gradnas"
                  + " for transformers that read text or images, minitron for those that"
                  + " continue text or read images");

  /** Bound of operations. */
  public static final Setting<String> FLOPS =
      Setting.bound("flops").means("Floating point operations, two for each multiply-add");

  /** Bound of operations for each token. */
  public static final Setting<String> FLOPS_PER_TOKEN =
      Setting.bound("flopsPerToken").means("The same, divided by the tokens of a sequence");

  /** Bound of parameters. */
  public static final Setting<String> PARAMETERS =
      Setting.bound("parameters").means("Numbers that the model has learned");

  /** Bound of bytes. */
  public static final Setting<String> BYTES =
      Setting.bound("bytes").means("Bytes of the model's files");

  /** Bound of time. */
  public static final Setting<String> LATENCY =
      Setting.latency("latency").means("Median time of one forward pass on the worker's device");

  /** Images or sequences at once. */
  public static final Setting<Integer> BATCH_SIZE =
      Setting.whole("batchSize", 1, LARGEST_DIVISOR).means("Images or sequences per batch");

  /** Batches of images or sequences. */
  static final Setting<Integer> BATCHES =
      Setting.whole("batches", 1, LARGEST_COUNT).otherwise("up to 128");

  /** Divisor of numbers of neurons. */
  static final Setting<Integer> NEURON_DIVISOR =
      Setting.whole("neuronDivisor", 1, LARGEST_DIVISOR)
          .means("Numbers of feed-forward neurons are multiples of this");

  /** Loss of a choice of widths. */
  public static final Setting<String> OBJECTIVE =
      Setting.word("objective", "sum", "max")
          .usually("sum")
          .means(
              "What a choice of widths loses: the sum over layers, or the largest of a single layer"
                  + " (ModelOpt's)")
          .more("it is made as small as possible");

  /** Names of layers that a rule is for. */
  public static final Setting<String> RULE_MATCH =
      Setting.text("match")
          .means(
              "Names of layers or of their weights, with * for any text and ? for one character,"
                  + " such as layer3.*.conv1");

  /** Flag: layers keep their width. */
  public static final Setting<Boolean> RULE_EXCLUDE =
      Setting.flag("exclude").means("Whether these layers keep their width");

  /** Divisor of single layers. */
  public static final Setting<Integer> RULE_DIVISOR =
      Setting.whole("channelDivisor", 1, LARGEST_DIVISOR)
          .means("Widths of these layers are multiples of this");

  /** Fractions that layers may be cut to. */
  public static final Setting<List<Double>> RULE_RATIOS =
      Setting.fractions("ratios")
          .means(
              "Fractions of their width that these layers may be cut to, before rounding to the"
                  + " divisor");

  /** Rules for single layers. */
  public static final Setting<List<Settings>> LAYERS =
      Setting.groups(
              "layers",
              new Values.Group(
                  SettingTable.of(RULE_MATCH, RULE_EXCLUDE, RULE_DIVISOR, RULE_RATIOS)
                      .requiring(RULE_MATCH),
                  2),
              "what holds for the layers whose names match: exclude, channelDivisor or ratios")
          .means("Rules for single layers; of several that match a layer the last one counts")
          .otherwise("none");

  /** Steps of a short training. */
  public static final Setting<Integer> RANK_STEPS =
      Setting.whole("steps", 1, LARGEST_COUNT)
          .usually(50)
          .means("Steps for which each candidate learns");

  /** Short training before candidates are compared. */
  static final Setting<Settings> RANK_AFTER =
      Setting.group("rankAfter", SettingTable.of(RANK_STEPS))
          .means(
              "Candidates learn from the model for some steps, and the loss of each afterwards"
                  + " decides")
          .otherwise("candidates are compared as they are cut");

  /** Activations in memory. */
  public static final Setting<Integer> ACTIVATION_MEBIBYTES =
      Setting.whole("activationMebibytes", 0, LARGEST_COUNT)
          .usually(1024)
          .unrecorded()
          .means("Activations kept in memory; more of them go to a file")
          .more("changes no result");

  /** Choice whether layers behind a cut are solved anew. */
  public static final Setting<String> RECONSTRUCT =
      Setting.word("reconstruct", "auto", "on", "off")
          .usually("auto")
          .means("Whether layers behind the first cut are solved for anew by least squares")
          .more("`auto` where there are calibration data; `off` selects weights only");

  private PruneKeys() {}

  /** Tokens of a sequence, of which some are needed. */
  static Setting<Integer> maxLength(int least) {
    return Setting.whole("maxLength", least, LARGEST_COUNT)
        .means("Tokens of the longest sequence, for which operations are counted too");
  }

  /** Constraints of transformers, with more bounds of an algorithm. */
  static Setting<Settings> constraintsOfTransformers(Setting<?>... more) {
    Stream<Setting<?>> shared = Stream.of(FLOPS, FLOPS_PER_TOKEN, PARAMETERS, BYTES, LATENCY);
    return constraints(
        SettingTable.of(Stream.concat(shared, Stream.of(more)).toArray(Setting<?>[]::new)));
  }

  /** Constraints of which at least one is given. */
  static Setting<Settings> constraints(SettingTable bounds) {
    return Setting.group("constraints", bounds)
        .means("What the result may have at most; every one given is met")
        .otherwise("needed");
  }
}
