package io.espalier.worker.stage.quantize;

import io.espalier.schemas.setting.Settings;
import io.espalier.schemas.stage.EvaluateKeys;
import io.espalier.schemas.stage.QuantizeKeys;
import io.espalier.worker.algorithm.quantize.ModulePatterns;
import io.espalier.worker.algorithm.quantize.QuantizationFormat;
import io.espalier.worker.algorithm.quantize.WeightScheme;
import io.espalier.worker.data.text.TextSettings;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.stage.SpecReader;
import java.util.List;
import java.util.stream.Stream;

/**
 * Settings of a quantization.
 *
 * @param said what a policy says
 */
public record QuantizeSpec(Settings said) {
  private static final int USUAL_GROUP = 128;

  /**
   * Returns what a stage's spec asks for.
   *
   * @throws InvalidInputException naming every key that is unknown, and every value or combination
   *     that makes no sense
   */
  public static QuantizeSpec parse(String spec) {
    SpecReader reader = SpecReader.of(QuantizeKeys.QUANTIZE, spec);
    var parsed = new QuantizeSpec(reader.settings());
    parsed
        .ignored()
        .problems()
        .forEach(problem -> reader.problem(QuantizeKeys.IGNORE.name() + ": " + problem));
    reader.requireSound();
    return parsed;
  }

  /** Format of numbers. */
  public QuantizationFormat format() {
    return said.get(QuantizeKeys.FORMAT, QuantizationFormat.values(), QuantizationFormat::word);
  }

  /** Arrangement of scales. */
  WeightScheme scheme() {
    boolean grouped = format() == QuantizationFormat.INT4;
    int group = grouped ? said.find(QuantizeKeys.GROUP).orElse(USUAL_GROUP) : 0;
    return new WeightScheme(format(), group, said.get(QuantizeKeys.SYMMETRIC));
  }

  /** Modules that are to stay. */
  ModulePatterns ignored() {
    return said.find(QuantizeKeys.IGNORE).map(ModulePatterns::new).orElse(ModulePatterns.NONE);
  }

  /** The loader that has to open the result. */
  String target() {
    return said.get(QuantizeKeys.TARGET);
  }

  /** Lengths of texts. */
  TextSettings texts(long seed) {
    return new TextSettings(
        said.number(EvaluateKeys.MAX_LENGTH), said.number(EvaluateKeys.STRIDE), seed);
  }

  /**
   * Makes sure that nothing is said that only models which read text have.
   *
   * @throws InvalidInputException naming the keys
   */
  void requireNoTexts() {
    List<String> texts =
        Stream.of(EvaluateKeys.MAX_LENGTH, EvaluateKeys.STRIDE)
            .filter(said::says)
            .map(
                key ->
                    "quantize.%s: is for models that read text, but this one reads images; leave it out"
                        .formatted(key.name()))
            .toList();
    if (!texts.isEmpty()) {
      throw new InvalidInputException(texts);
    }
  }
}
