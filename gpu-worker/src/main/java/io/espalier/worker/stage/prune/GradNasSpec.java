package io.espalier.worker.stage.prune;

import io.espalier.schemas.setting.Settings;
import io.espalier.schemas.stage.GradNasKeys;
import io.espalier.schemas.stage.PruneKeys;
import io.espalier.worker.algorithm.gradnas.GradNasSettings;
import io.espalier.worker.algorithm.gradnas.Normalisation;
import io.espalier.worker.algorithm.gradnas.OutputMode;
import io.espalier.worker.algorithm.gradnas.UnitRanking;
import io.espalier.worker.algorithm.gradnas.WidthRules;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.LayerRules;
import io.espalier.worker.algorithm.search.Objective;
import io.espalier.worker.data.ModelInput;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.data.text.TextSettings;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.TextTask;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * The {@code prune} stage of a policy, by GradNAS.
 *
 * @param said what the policy says
 * @param constraints what the model may cost at most
 * @param layers rules for single layers
 */
public record GradNasSpec(Settings said, Constraints constraints, LayerRules layers) {
  private static final int BATCHES = 128;

  /**
   * Reads a specification as a policy has it.
   *
   * @throws InvalidInputException with everything that is wrong with it
   */
  public static GradNasSpec parse(String json) {
    PruneReader reader = PruneReader.of(GradNasKeys.GRADNAS, json);
    Optional<Constraints> constraints =
        reader.constraints(GradNasKeys.CONSTRAINTS, Constraints::ofText);
    LayerRules layers = reader.layers();
    checkReconstruction(reader);
    reader.requireSound();
    return new GradNasSpec(reader.settings(), constraints.orElseThrow(), layers);
  }

  /** What shows the plain cut cannot show what was solved for. */
  private static void checkReconstruction(PruneReader reader) {
    Settings said = reader.settings();
    boolean on =
        said.find(GradNasKeys.RECONSTRUCT).equals(Optional.of(ReconstructionMode.ON.key()));
    boolean padded =
        said.find(GradNasKeys.OUTPUT).equals(Optional.of(OutputMode.ZERO_PADDED.key()));
    if (on && padded) {
      reader.problem(
          "reconstruct: on is not possible with output zero-padded, which shows the plain cut; ask"
              + " for another output, or leave it out");
    }
    boolean off =
        said.find(GradNasKeys.RECONSTRUCT).equals(Optional.of(ReconstructionMode.OFF.key()));
    boolean residual =
        said.find(GradNasKeys.IMPORTANCE).equals(Optional.of(UnitRanking.RESIDUAL.key()));
    if (residual && (off || padded)) {
      reader.problem(
          "importance: residual ranks by what is left once layers are solved for anew, which %s does not do; ask for importance: gradient, or leave one of them out"
              .formatted(off ? "reconstruct: off" : "output zero-padded"));
    }
  }

  /** Batches that gradients are measured on, if it is said; else up to 128. */
  OptionalInt batches() {
    return said.number(GradNasKeys.BATCHES);
  }

  /** Sequences per batch. */
  int batchSize() {
    return said.get(GradNasKeys.BATCH_SIZE);
  }

  /** Returns how scores are made comparable. */
  public Normalisation normalisation() {
    return said.get(GradNasKeys.NORMALISATION, Normalisation.values(), Normalisation::key);
  }

  /** Returns what a choice of widths loses, summed up. */
  public Objective objective() {
    return said.get(PruneKeys.OBJECTIVE, Objective.values(), Objective::key);
  }

  /** Returns what decides which units of a layer stay. */
  UnitRanking ranking() {
    return said.get(GradNasKeys.IMPORTANCE, UnitRanking.values(), UnitRanking::key);
  }

  /** In which form the result is left behind, if it is said. */
  public Optional<OutputMode> output() {
    return said.find(GradNasKeys.OUTPUT, OutputMode.values(), OutputMode::key);
  }

  /** Returns whether what writes to the stream behind the first cut is solved for anew. */
  ReconstructionMode reconstruct() {
    return said.get(GradNasKeys.RECONSTRUCT, ReconstructionMode.values(), ReconstructionMode::key);
  }

  /** The settings of a search, with the seed of the job. */
  GradNasSettings settings(long seed) {
    return new GradNasSettings(
        batches().orElse(BATCHES),
        batchSize(),
        said.find(GradNasKeys.MICRO_BATCH).orElse(batchSize()),
        normalisation(),
        objective(),
        ranking(),
        reconstruct(),
        seed);
  }

  /** Returns which widths there are to choose from. */
  WidthRules widths() {
    return new WidthRules(
        said.get(GradNasKeys.UNIFORM), said.get(GradNasKeys.NEURON_DIVISOR), layers);
  }

  /** Returns how texts become sequences. */
  TextSettings texts(long seed) {
    return new TextSettings(
        said.number(GradNasKeys.MAX_LENGTH), said.number(GradNasKeys.STRIDE), seed);
  }

  /**
   * Returns what the specification asks of samples.
   *
   * @param input what the model takes
   * @return what it does not take, in words
   */
  Optional<String> unfit(ModelInput input) {
    return input instanceof TextInput text ? unfitTexts(text) : unfitImages();
  }

  private Optional<String> unfitImages() {
    if (constraints.perToken()) {
      return Optional.of(
          "prune.constraints.%s: this is said of models for %s, but this one tells images apart; bound flops"
              .formatted(Constraints.FLOPS_PER_TOKEN, TextTask.TEXT_GENERATION.key()));
    }
    return Stream.of(GradNasKeys.MAX_LENGTH, GradNasKeys.STRIDE)
        .filter(said::says)
        .map(
            key ->
                "prune.%s is for models that read text, but this one tells images apart; leave it out"
                    .formatted(key.name()))
        .findFirst();
  }

  private Optional<String> unfitTexts(TextInput input) {
    if (constraints.perToken() && input.task() != TextTask.TEXT_GENERATION) {
      return Optional.of(
          "prune.constraints.%s: this is said of models for %s, but this one is for %s; bound flops"
              .formatted(
                  Constraints.FLOPS_PER_TOKEN, TextTask.TEXT_GENERATION.key(), input.task().key()));
    }
    OptionalInt maxLength = said.number(GradNasKeys.MAX_LENGTH);
    OptionalInt stride = said.number(GradNasKeys.STRIDE);
    if (maxLength.isPresent() && maxLength.getAsInt() > input.positions()) {
      return Optional.of(
          "prune.maxLength: %d tokens, but the model has positions for %d; ask for no more, or leave it out"
              .formatted(maxLength.getAsInt(), input.positions()));
    }
    int length = texts(0).length(input);
    boolean windows = input.task() == TextTask.QUESTION_ANSWERING;
    return windows && stride.isPresent() && stride.getAsInt() >= length
        ? Optional.of(
            "prune.stride: windows of %d tokens cannot share %d; ask for fewer, or leave it out"
                .formatted(length, stride.getAsInt()))
        : Optional.empty();
  }
}
