package io.espalier.worker.algorithm.evaluate;

import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Times several models that are to be compared. They take turns of ten passes, so that whatever
 * else the machine does meanwhile slows all of them alike; each turn begins with a warm-up, since
 * the caches hold the model before.
 */
final class InterleavedTiming {
  private static final int WARM_UP = 5;
  private static final int TURN = 10;

  private InterleavedTiming() {}

  /**
   * Returns how long a pass of each takes.
   *
   * @param models how many there are
   * @param repetitions passes of each to measure, at least 1
   * @param pass runs one of them, from 0
   */
  static List<Latency> latencies(int models, int repetitions, IntConsumer pass) {
    if (repetitions < 1) {
      throw new IllegalArgumentException("%d repetitions; wanted 1 or more".formatted(repetitions));
    }
    long[][] nanos = new long[models][repetitions];
    for (int turn = 0; turn < repetitions; turn += TURN) {
      for (int model = 0; model < models; model++) {
        for (int i = turn - WARM_UP; i < Math.min(turn + TURN, repetitions); i++) {
          long start = System.nanoTime();
          pass.accept(model);
          nanos[model][Math.max(i, turn)] = System.nanoTime() - start;
        }
      }
    }
    return Arrays.stream(nanos).map(Latency::of).toList();
  }
}
