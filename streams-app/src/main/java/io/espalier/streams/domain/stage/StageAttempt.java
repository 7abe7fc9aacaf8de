package io.espalier.streams.domain.stage;

/**
 * Attempt at a stage of a run.
 *
 * @param stageIndex position in the policy's stages, from 0
 * @param attempt attempt at this stage, from 1
 */
public record StageAttempt(int stageIndex, int attempt) implements Comparable<StageAttempt> {
  /** The first attempt at the first stage. */
  public static final StageAttempt FIRST = new StageAttempt(0, 1);

  @Override
  public int compareTo(StageAttempt other) {
    int byStage = Integer.compare(stageIndex, other.stageIndex);
    return byStage != 0 ? byStage : Integer.compare(attempt, other.attempt);
  }

  /** In words, where stages are counted from 1. */
  @Override
  public String toString() {
    return "stage %d attempt %d".formatted(stageIndex + 1, attempt);
  }
}
