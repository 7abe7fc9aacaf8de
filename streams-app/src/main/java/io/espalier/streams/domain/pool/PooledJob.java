package io.espalier.streams.domain.pool;

import io.espalier.streams.domain.job.Job;
import java.util.function.Function;

/** A job of a pool as it is kept: waiting or released to the workers. */
public sealed interface PooledJob {
  /**
   * It waits.
   *
   * @param job the job
   */
  record Waiting(Job job) implements PooledJob {}

  /**
   * Its command has been sent.
   *
   * @param job what is known of it
   */
  record AtWork(InFlight job) implements PooledJob {}

  /** The result of the function for this kind. */
  default <T> T match(Function<Waiting, T> waiting, Function<AtWork, T> atWork) {
    return this instanceof Waiting job ? waiting.apply(job) : atWork.apply((AtWork) this);
  }
}
