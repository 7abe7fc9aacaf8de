package io.espalier.worker.stage;

import io.espalier.worker.domain.job.StageReport;
import java.util.OptionalLong;

/**
 * A finished stage: what it says of its work, and what the work cost.
 *
 * @param report what the stage says
 * @param wallMillis elapsed time in milliseconds, process start included
 * @param startMillis the part of it until the stage's process began with the job
 * @param peakMemoryBytes largest resident memory of the stage's process in bytes, where the system
 *     tells
 * @param cached whether a stored result was used instead of computing
 */
public record StageResult(
    StageReport report,
    long wallMillis,
    long startMillis,
    OptionalLong peakMemoryBytes,
    boolean cached) {

  /** The same report, taken from the store in the given time instead of being computed. */
  public StageResult reused(long millis) {
    return new StageResult(report, millis, 0, OptionalLong.empty(), true);
  }
}
