package io.espalier.it.chaos;

import java.time.Duration;
import java.util.List;
import java.util.Random;

/** Kinds and pace of the faults of a run. */
enum FaultPlan {
  /** Faults of seconds, one every 4 to 10 seconds. */
  SECONDS {
    @Override
    List<Fault> round(Random random, int workers) {
      return Fault.ten(random, workers);
    }

    @Override
    Duration pause(Random random, Fault before) {
      return between(random, 4, 10);
    }
  },

  /** Faults of minutes, one after the other; only the longest freeze has others beside it. */
  MINUTES {
    @Override
    List<Fault> round(Random random, int workers) {
      return Fault.ofMinutes(random, workers);
    }

    @Override
    Duration pause(Random random, Fault before) {
      Duration rest = between(random, 20, 40);
      return before.away().equals(Fault.LONG_FREEZE) ? rest : before.away().plus(rest);
    }
  };

  /** Draws the next faults, in their order. */
  abstract List<Fault> round(Random random, int workers);

  /** Draws the time from the beginning of a fault to that of the next. */
  abstract Duration pause(Random random, Fault before);

  private static Duration between(Random random, int least, int most) {
    return Duration.ofMillis(1_000L * least + random.nextInt(1_000 * (most - least)));
  }
}
