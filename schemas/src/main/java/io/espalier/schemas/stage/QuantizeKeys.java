package io.espalier.schemas.stage;

import io.espalier.schemas.setting.Exclusion;
import io.espalier.schemas.setting.Setting;
import io.espalier.schemas.setting.SettingTable;
import io.espalier.schemas.setting.Settings;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** The stage {@code quantize} and its keys. */
public final class QuantizeKeys {
  /** Weights and activations in eight bits. */
  public static final String INT8 = "int8";

  /** Weights in eight bits. */
  public static final String INT8_WEIGHT_ONLY = "int8-weight-only";

  /** Weights in four bits. */
  public static final String INT4 = "int4";

  /** Weights and activations in floats of eight bits. */
  public static final String FP8 = "fp8";

  private static final String VLLM = "vllm";

  /** Format of numbers. */
  public static final Setting<String> FORMAT =
      Setting.word("format", INT8, INT8_WEIGHT_ONLY, INT4, FP8)
          .told("format")
          .means("How the weights of linear layers are stored, and what these read")
          .more(
              "`int8` is W8A8: weights per output, activations per token; `int8-weight-only` is"
                  + " W8A16; `int4` is W4A16 in groups; `fp8` is E4M3, weights per output,"
                  + " activations per token");

  /** Inputs that share a scale. */
  public static final Setting<Integer> GROUP =
      Setting.listed("group", 128, 64, 32)
          .otherwise("128 for `int4`, all inputs of an output for the others")
          .told("group")
          .means("Neighbouring inputs of an output that share a scale")
          .more("for `int4`; must divide what each layer reads");

  /** Zero points. */
  public static final Setting<Boolean> SYMMETRIC =
      Setting.flag("symmetric")
          .usually(true)
          .told("symmetric")
          .means("Whether integers are symmetric around zero; else each scale has a zero point");

  /** Who opens the result. */
  public static final Setting<String> TARGET =
      Setting.word("target", "transformers", VLLM)
          .usually("transformers")
          .told("target")
          .means("The loader that has to open the result; both read compressed-tensors");

  /** Modules that stay. */
  public static final Setting<List<String>> IGNORE =
      Setting.texts("ignore", "a module's name, or re: and a regular expression")
          .otherwise("output layers, poolers and routers stay anyhow")
          .means("Linear layers that stay as they are, besides those that always do")
          .more("a full name, or `re:` and a regular expression that its beginning matches");

  private static final Predicate<Settings> ASYMMETRIC = Exclusion.with(SYMMETRIC, List.of(false));

  private static final SettingTable TABLE =
      SettingTable.of(
              FORMAT,
              GROUP,
              SYMMETRIC,
              TARGET,
              IGNORE,
              EvaluateKeys.MAX_LENGTH,
              EvaluateKeys.STRIDE)
          .requiring(FORMAT)
          .excluding(
              new Exclusion(
                  GROUP.name(),
                  "goes with format: int4 alone, others have a scale for each output; leave it out",
                  settings ->
                      settings.says(GROUP) && settings.find(FORMAT).filter(INT4::equals).isEmpty()),
              new Exclusion(
                  SYMMETRIC.name(),
                  "format: fp8 has no zero points; leave it out, or take an integer format",
                  ASYMMETRIC.and(Exclusion.with(FORMAT, List.of(FP8)))),
              new Exclusion(
                  SYMMETRIC.name(),
                  "target: vllm multiplies int8 weights without zero points; leave it out, or take"
                      + " format: int8-weight-only or int4",
                  ASYMMETRIC
                      .and(Exclusion.with(FORMAT, List.of(INT8)))
                      .and(Exclusion.with(TARGET, List.of(VLLM)))));

  /** The kind of stage. */
  public static final StageDeclaration QUANTIZE =
      StageDeclaration.of(
          "quantize",
          "Stores linear layers in fewer bits",
          TABLE,
          Metrics.without(
              Metrics.and(
                  Metrics.and(Metrics.OF_IMAGES, Metrics.OF_TEXT),
                  Set.of(Metrics.AGREEMENT, "bitsPerParameter", "weightError")),
              Set.of(Metrics.LATENCY)));

  private QuantizeKeys() {}
}
