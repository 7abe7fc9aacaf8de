package io.espalier.worker.stage.job;

import io.espalier.worker.checkpoint.store.StoreMarker;
import io.espalier.worker.checkpoint.store.StoreUnavailableException;
import io.espalier.worker.domain.WorkerException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Places for outputs that commands named and that lay in no store of this machine. As long as one
 * does not, the worker is of little use; but after a while it tries again, since one command with a
 * wrong place must not keep it from all the others for good.
 */
public final class MissedStores {
  /** Name of the check that fails while a store is missed. */
  public static final String CHECK = "stores of commands";

  /** Longest time a store is missed. */
  static final Duration FORGOTTEN_AFTER = Duration.ofMinutes(10);

  private static final int MOST = 100;

  private final InstantSource clock;
  private final Map<URI, Instant> missed = new LinkedHashMap<>();

  MissedStores() {
    this(Clock.systemUTC());
  }

  MissedStores(InstantSource clock) {
    this.clock = clock;
  }

  /** Takes note that a place lies in no store. */
  public synchronized void note(URI output) {
    if (missed.size() < MOST) {
      missed.putIfAbsent(output, clock.instant());
    }
  }

  /** Returns what is wrong, in words, if a place is still missed. */
  public Optional<String> problem() {
    Instant old = clock.instant().minus(FORGOTTEN_AFTER);
    Map<URI, Instant> noted;
    synchronized (this) {
      missed.values().removeIf(since -> since.isBefore(old));
      noted = new LinkedHashMap<>(missed);
    }
    Optional<String> problem = Optional.empty();
    for (URI output : noted.keySet()) {
      Optional<String> found = look(output);
      if (found.isEmpty()) {
        forget(output);
      }
      problem = problem.or(() -> found);
    }
    return problem;
  }

  private synchronized void forget(URI output) {
    missed.remove(output);
  }

  private static Optional<String> look(URI output) {
    try {
      StoreMarker.require(output);
      return Optional.empty();
    } catch (StoreUnavailableException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    } catch (WorkerException e) { // no place at all: nothing that mounting would change
      return Optional.empty();
    }
  }
}
