package io.espalier.worker.stage;

import io.espalier.worker.algorithm.evaluate.TextEvaluation;
import io.espalier.worker.algorithm.gradnas.GradNasSettings;
import io.espalier.worker.algorithm.gradnas.Normalisation;
import io.espalier.worker.algorithm.gradnas.OutputMode;
import io.espalier.worker.algorithm.gradnas.WidthRules;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import io.espalier.worker.algorithm.search.ChoiceRule;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.LayerRules;
import io.espalier.worker.algorithm.search.Objective;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.data.text.TextSettings;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.TextTask;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The {@code prune} stage of a policy, by GradNAS.
 *
 * @param constraints what the model may cost at most
 * @param neuronDivisor cut numbers of neurons are multiples of it; 32 if not said
 * @param batches batches that gradients are measured on, if it is said; else up to 128
 * @param batchSize sequences per batch; 8 if not said
 * @param microBatch sequences that are computed at once; a whole batch if not said
 * @param normalisation how scores are made comparable; by kind if not said
 * @param objective what a choice of widths loses, summed up; the sum if not said
 * @param layers rules for single layers
 * @param uniform whether all layers get the same widths
 * @param output in which form the result is left behind, if it is said
 * @param maxLength tokens of the longest sequence, for which operations are counted too, if said
 * @param stride tokens that neighbouring windows of a question share, if said
 * @param reconstruct whether what reads cut units is solved for anew; auto if not said
 */
record GradNasSpec(
    Constraints constraints,
    int neuronDivisor,
    OptionalInt batches,
    int batchSize,
    int microBatch,
    Normalisation normalisation,
    Objective objective,
    LayerRules layers,
    boolean uniform,
    Optional<OutputMode> output,
    OptionalInt maxLength,
    OptionalInt stride,
    ReconstructionMode reconstruct) {
  /** What policies call the algorithm. */
  static final String GRADNAS = "gradnas";

  private static final Set<String> KEYS =
      Set.of(
          "algorithm",
          "constraints",
          "neuronDivisor",
          "batches",
          "batchSize",
          "microBatch",
          "normalisation",
          "objective",
          "layers",
          "uniform",
          "output",
          "maxLength",
          "stride",
          "reconstruct");
  private static final int BATCHES = 128;

  /**
   * Reads a specification as a policy has it.
   *
   * @throws InvalidInputException with everything that is wrong with it
   */
  static GradNasSpec parse(String json) {
    var spec = new SpecReader(json, KEYS);
    spec.requireAlgorithm(GRADNAS);
    Optional<Constraints> constraints =
        Optional.ofNullable(spec.constraints(Constraints::ofText, Set.of()));
    int batchSize = spec.count("batchSize", TextEvaluation.BATCH);
    int divisor = spec.count("neuronDivisor", ChoiceRule.DEFAULT_DIVISOR);
    OptionalInt batches = spec.count("batches");
    int microBatch = spec.count("microBatch", batchSize);
    Normalisation normalisation =
        spec.oneOf("normalisation", Normalisation.values(), Normalisation::key, Normalisation.KIND);
    Objective objective =
        spec.oneOf("objective", Objective.values(), Objective::key, Objective.SUM);
    LayerRules layers = spec.layers();
    boolean uniform = spec.flag("uniform");
    Optional<OutputMode> output = spec.oneOf("output", OutputMode.values(), OutputMode::key);
    OptionalInt maxLength = spec.count("maxLength");
    OptionalInt stride = spec.number("stride", 0);
    ReconstructionMode reconstruct =
        spec.oneOf(
            "reconstruct",
            ReconstructionMode.values(),
            ReconstructionMode::key,
            ReconstructionMode.AUTO);
    if (reconstruct == ReconstructionMode.ON
        && output.equals(Optional.of(OutputMode.ZERO_PADDED))) {
      spec.problem(
          "reconstruct: on is not possible with output zero-padded, which shows the plain cut; ask"
              + " for another output, or leave it out");
    }
    if (constraints.isEmpty() || spec.hasProblems()) {
      throw spec.refusal();
    }
    return new GradNasSpec(
        constraints.get(),
        divisor,
        batches,
        batchSize,
        microBatch,
        normalisation,
        objective,
        layers,
        uniform,
        output,
        maxLength,
        stride,
        reconstruct);
  }

  /** The settings of a search, with the seed of the job. */
  GradNasSettings settings(long seed) {
    return new GradNasSettings(
        batches.orElse(BATCHES),
        batchSize,
        microBatch,
        normalisation,
        objective,
        reconstruct,
        seed);
  }

  /** Which widths there are to choose from. */
  WidthRules widths() {
    return new WidthRules(uniform, neuronDivisor, layers);
  }

  /** How texts become sequences. */
  TextSettings texts(long seed) {
    return new TextSettings(maxLength, stride, seed);
  }

  /**
   * What the specification asks of sequences.
   *
   * @param input what the model takes
   * @return what it does not take, in words
   */
  Optional<String> unfit(TextInput input) {
    if (constraints.perToken() && input.task() != TextTask.TEXT_GENERATION) {
      return Optional.of(
          "prune.constraints.%s: this is said of models for %s, but this one is for %s; bound flops"
              .formatted(
                  Constraints.FLOPS_PER_TOKEN, TextTask.TEXT_GENERATION.key(), input.task().key()));
    }
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
