package io.espalier.it.chaos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Something that goes wrong. */
sealed interface Fault {
  /** Freeze during which other faults happen. */
  Duration LONG_FREEZE = Duration.ofMinutes(10);

  /** Returns how long it lasts. */
  Duration away();

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
   * Draws ten faults in random order: five kill a worker, two freeze one, two kill the coordinator
   * and one the broker.
   *
   * @param workers how many workers there are
   */
  static List<Fault> ten(Random random, int workers) {
    List<Fault> faults = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      faults.add(new WorkerKilled(random.nextInt(workers), millis(random, 0, 8_000)));
    }
    for (int i = 0; i < 2; i++) {
      faults.add(new WorkerFrozen(random.nextInt(workers), millis(random, 1_000, 25_000)));
      faults.add(new CoordinatorKilled(millis(random, 0, 5_000)));
    }
    faults.add(new BrokerKilled(millis(random, 0, 3_000)));
    Collections.shuffle(faults, random);
    return faults;
  }

  /**
   * Draws four faults of minutes: a worker is frozen for ten, far longer than its commands are kept
   * for it; then, in random order, another one for up to three, the coordinator and the broker are
   * away for two to four.
   *
   * @param workers how many workers there are, at least two
   */
  static List<Fault> ofMinutes(Random random, int workers) {
    int frozen = random.nextInt(workers);
    int other = (frozen + 1 + random.nextInt(workers - 1)) % workers;
    List<Fault> faults = new ArrayList<>();
    faults.add(new WorkerFrozen(other, millis(random, 90_000, 180_000)));
    faults.add(new CoordinatorKilled(millis(random, 120_000, 240_000)));
    faults.add(new BrokerKilled(millis(random, 120_000, 240_000)));
    Collections.shuffle(faults, random);
    faults.add(0, new WorkerFrozen(frozen, LONG_FREEZE));
    return faults;
  }

  private static Duration millis(Random random, int least, int most) {
    return Duration.ofMillis(least + random.nextInt(most - least));
  }
}
