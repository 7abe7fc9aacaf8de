package io.espalier.worker.algorithm.minitron.measure;

/**
 * Settings of unit scores.
 *
 * @param batches batches at most
 * @param batchSize sequences per batch: layers are scored by the mean over each
 * @param overTokens how the tokens of a sequence become one number
 * @param overSequences how the sequences do
 * @param unitScore what neurons and heads are ranked by
 * @param stateBytes bound of hidden states in memory; changes no result
 * @param seed decides which sequences are heard, in what order
 */
public record ActivationSettings(
    int batches,
    int batchSize,
    ScoreAggregation overTokens,
    ScoreAggregation overSequences,
    ImportanceCriterion unitScore,
    long stateBytes,
    long seed) {
  /** Returns what texts may take of the memory on their way through a model. */
  public MemoryLimits room() {
    return MemoryLimits.of(stateBytes);
  }
}
