package io.espalier.worker.algorithm.train;

import java.nio.file.Path;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * Rule by which a training keeps its state, so that it goes on after an interruption.
 *
 * @param folder where the state is kept; it stays there until {@link Trainer#forget}
 * @param every time between two states; a state is kept between steps only
 * @param ending whether the process is about to end: the state is kept at once, and the training
 *     ends by a {@link TrainingInterruptedException}
 */
public record Checkpointing(Path folder, Duration every, BooleanSupplier ending) {
  /** A state every five minutes, by a process that nobody ends. */
  public static Checkpointing in(Path folder) {
    return new Checkpointing(folder, Duration.ofMinutes(5), () -> false);
  }
}
