package io.espalier.it.chaos;

import java.time.Duration;
import java.util.Random;

/** Something that goes wrong. */
sealed interface Fault {
  /**
   * A worker is killed without warning and started again.
   *
   * @param worker which, from 0
   * @param away how long it is away
   */
  record WorkerKilled(int worker, Duration away) implements Fault {}

  /**
   * A worker and its stages stand still for a time, and go on as if nothing had been.
   *
   * @param worker which, from 0
   * @param away how long
   */
  record WorkerFrozen(int worker, Duration away) implements Fault {}

  /**
   * The coordinator is killed without warning and started again.
   *
   * @param away how long it is away
   */
  record CoordinatorKilled(Duration away) implements Fault {}

  /**
   * The broker is killed without warning and started again.
   *
   * @param away how long it is away before it starts
   */
  record BrokerKilled(Duration away) implements Fault {}

  /**
   * Draws a fault: of ten, five kill a worker, two freeze one, two kill the coordinator and one the
   * broker.
   *
   * @param workers how many workers there are
   */
  static Fault draw(Random random, int workers) {
    int kind = random.nextInt(10);
    if (kind < 5) {
      return new WorkerKilled(random.nextInt(workers), millis(random, 0, 8_000));
    }
    if (kind < 7) {
      return new WorkerFrozen(random.nextInt(workers), millis(random, 1_000, 25_000));
    }
    return kind < 9
        ? new CoordinatorKilled(millis(random, 0, 5_000))
        : new BrokerKilled(millis(random, 0, 3_000));
  }

  private static Duration millis(Random random, int least, int most) {
    return Duration.ofMillis(least + random.nextInt(most - least));
  }
}
