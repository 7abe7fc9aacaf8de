package io.espalier.worker.stage.evaluate;

import io.espalier.schemas.setting.Settings;
import io.espalier.schemas.stage.EvaluateKeys;
import io.espalier.worker.stage.SpecReader;
import java.util.OptionalInt;

/**
 * Settings of an evaluation.
 *
 * @param said what a policy says
 */
record EvaluateSettings(Settings said) {
  /** Where nothing is said. */
  static final EvaluateSettings USUAL = of("");

  /**
   * Returns what a stage's spec asks for.
   *
   * @throws io.espalier.worker.domain.InvalidInputException naming every key that is unknown, and
   *     every value that makes no sense
   */
  static EvaluateSettings of(String spec) {
    SpecReader reader = SpecReader.of(EvaluateKeys.EVALUATE, spec);
    reader.requireSound();
    return new EvaluateSettings(reader.settings());
  }

  /** Images or sequences per batch, if it is said. */
  OptionalInt batch() {
    return said.number(EvaluateKeys.BATCH);
  }

  /** At most that many images, questions or texts of the data set, from its beginning. */
  int samples() {
    return said.find(EvaluateKeys.SAMPLES).orElse(Integer.MAX_VALUE);
  }

  /** Forward passes timed; 0 for no timing. */
  int latencyRepetitions() {
    return said.get(EvaluateKeys.LATENCY_REPETITIONS);
  }

  /** Tokens of the longest sequence, for which operations are counted too, if said. */
  OptionalInt maxLength() {
    return said.number(EvaluateKeys.MAX_LENGTH);
  }

  /** Tokens that neighbouring windows of a question share, if said. */
  OptionalInt stride() {
    return said.number(EvaluateKeys.STRIDE);
  }
}
