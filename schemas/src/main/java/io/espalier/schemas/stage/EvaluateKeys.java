package io.espalier.schemas.stage;

import io.espalier.schemas.setting.Setting;
import io.espalier.schemas.setting.SettingTable;
import io.espalier.schemas.setting.Settings;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The stage {@code evaluate} and its keys. */
public final class EvaluateKeys {
  /** Images or sequences at once. */
  public static final Setting<Integer> BATCH =
      Setting.whole("batch", 1, 65_536)
          .otherwise("64 images or 8 sequences")
          .means("Images or sequences per batch");

  /** Number of samples used. */
  public static final Setting<Integer> SAMPLES =
      Setting.whole("samples", 1, 100_000_000)
          .otherwise("all")
          .means("Images, questions or texts to measure on; all if absent")
          .more("from the beginning of the data");

  /** Forward passes that are timed. */
  public static final Setting<Integer> LATENCY_REPETITIONS =
      Setting.whole("latencyRepetitions", 0, 1_000_000)
          .usually(50)
          .means("Forward passes to time; 0 times none");

  /** Tokens of a sequence. */
  public static final Setting<Integer> MAX_LENGTH =
      Setting.whole("maxLength", 1, 1_000_000)
          .otherwise("as many as GradNAS takes")
          .means("Tokens of the longest sequence, of models that read text");

  /** Tokens that windows share. */
  public static final Setting<Integer> STRIDE =
      Setting.whole("stride", 0, 1_000_000)
          .otherwise("128, or a third of `maxLength` if that is less")
          .means("Tokens that neighbouring windows of a question share");

  /** The kind of stage. */
  public static final StageDeclaration EVALUATE =
      new StageDeclaration(
          "evaluate",
          "Measures the model and changes nothing",
          Optional.empty(),
          List.of(
              new StageDeclaration.Variant(
                  "",
                  SettingTable.of(BATCH, SAMPLES, LATENCY_REPETITIONS, MAX_LENGTH, STRIDE),
                  EvaluateKeys::measures)),
          false,
          Set.of());

  private EvaluateKeys() {}

  /** Of images or of text: the policy need not say; similarity would be one of two models. */
  private static Set<String> measures(Settings settings) {
    Set<String> all = Metrics.and(Metrics.OF_IMAGES, Metrics.OF_TEXT);
    Set<String> measured = Metrics.without(all, Set.of(Metrics.SIMILARITY));
    return settings.get(LATENCY_REPETITIONS) == 0
        ? Metrics.without(measured, Set.of(Metrics.LATENCY))
        : measured;
  }
}
