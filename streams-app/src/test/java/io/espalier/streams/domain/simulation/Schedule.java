package io.espalier.streams.domain.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Events of a simulation, drawn from a seed.
 *
 * @param workers number of workers, of one slot each
 * @param work what the models' stages are like
 * @param faults what goes wrong, and when
 */
record Schedule(int workers, List<Work> work, List<Fault> faults) {
  static final long MINUTE = 60_000;

  /** Kinds of faults. */
  enum Kind {
    /** A worker is killed, and comes back after seconds or minutes. */
    KILL,
    /** A worker is stopped and goes on later, not knowing. */
    FREEZE,
    /** The brokers are away. */
    BROKER,
    /** The coordinator is away, and has everything to read afterwards. */
    COORDINATOR,
    /** A transaction of the coordinator is lost. */
    CRASH,
    /** The coordinator's clock goes wrong by minutes or hours, and is never set right. */
    CLOCK
  }

  /** Planned end of a model's run. */
  enum Fate {
    SUCCEEDS,
    /** A stage fails, and would again. */
    FAILS,
    /** A stage kills its worker every time. */
    KILLS,
    /** Somebody cancels it. */
    CANCELLED
  }

  /**
   * The work of a model.
   *
   * @param stages duration of each stage in milliseconds
   * @param failures how often the first stage fails before it succeeds
   * @param fate how its run is to end
   * @param at when it is registered
   */
  record Work(List<Long> stages, int failures, Fate fate, long at) {}

  /** A fault, when and for how long; the worker is one by number. */
  record Fault(Kind kind, long at, long duration, int worker) {}

  static Schedule drawn(Random random, int models, int workers, int faults) {
    List<Work> work = new ArrayList<>();
    long total = 0;
    for (int i = 0; i < models; i++) {
      List<Long> stages = new ArrayList<>();
      for (int stage = random.nextInt(4) == 0 ? 2 : 1; stage > 0; stage--) {
        stages.add(20 * MINUTE + random.nextInt((int) (20 * MINUTE)));
      }
      total += stages.stream().mapToLong(d -> d).sum();
      int failures = random.nextInt(10) == 0 ? 1 + random.nextInt(2) : 0;
      work.add(new Work(stages, failures, fate(random), random.nextInt((int) (10 * MINUTE))));
    }
    List<Fault> drawn = new ArrayList<>();
    Kind[] kinds = Kind.values();
    for (int i = 0; i < faults; i++) {
      Kind kind = kinds[random.nextInt(kinds.length)];
      long at = (long) (random.nextDouble() * (10 * MINUTE + total / workers));
      drawn.add(new Fault(kind, at, duration(random), random.nextInt(workers)));
    }
    return new Schedule(workers, work, drawn);
  }

  private static Fate fate(Random random) {
    return switch (random.nextInt(40)) {
      case 0 -> Fate.FAILS;
      case 1 -> Fate.KILLS;
      case 2 -> Fate.CANCELLED;
      default -> Fate.SUCCEEDS;
    };
  }

  /** Seconds as often as minutes and hours. */
  private static long duration(Random random) {
    return switch (random.nextInt(3)) {
      case 0 -> 500 + random.nextInt(15_000);
      case 1 -> MINUTE / 2 + random.nextInt((int) (5 * MINUTE));
      default -> MINUTE + random.nextInt((int) (60 * MINUTE));
    };
  }
}
