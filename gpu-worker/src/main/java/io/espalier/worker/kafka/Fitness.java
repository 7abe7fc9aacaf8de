package io.espalier.worker.kafka;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether this worker may take work: it may while none of its checks fails. A worker that cannot
 * work is always the free one; without this it would take every command of its pool.
 */
final class Fitness {
  private static final Logger LOGGER = LoggerFactory.getLogger(Fitness.class);

  private final Map<String, String> failing = new TreeMap<>();
  private final Runnable changed;

  /** Fit at first; {@code changed} is called whenever that changes and must be quick. */
  Fitness(Runnable changed) {
    this.changed = changed;
  }

  /** Takes note that a check fails, and why. */
  void fails(String check, String reason) {
    String before;
    synchronized (this) {
      before = failing.put(check, reason);
    }
    if (!reason.equals(before)) {
      LOGGER
          .atError()
          .addKeyValue("check", check)
          .addKeyValue("reason", reason)
          .log("out of service");
      changed.run();
    }
  }

  /** Takes note that a check passes. */
  void passes(String check) {
    boolean failed;
    synchronized (this) {
      failed = failing.remove(check) != null;
    }
    if (failed) {
      LOGGER.atInfo().addKeyValue("check", check).log("passes again");
      changed.run();
    }
  }

  /** Returns whether a check fails now. */
  synchronized boolean isFailing(String check) {
    return failing.containsKey(check);
  }

  /** Why no work is taken; empty while it is. */
  synchronized Optional<String> outOfService() {
    return failing.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", failing.values()));
  }
}
