package io.espalier.worker.stage;

import io.espalier.worker.domain.StopCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A request to stop a piece of work: made at most once, at any time, from any thread. The first
 * reason counts.
 */
public final class Stop implements StopCheck {
  /** Reason to stop work. */
  public enum Reason {
    /** Nobody awaits its result any more. */
    CANCELLED,
    /** It has shown no progress for too long. */
    STALLED,
    /** The queue has given the work to somebody else; nothing may be published any more. */
    LEASE_LOST,
    /** This process ends; another one may do the work. */
    CLOSING
  }

  /**
   * Request to stop.
   *
   * @param reason why, for deciding what to do next
   * @param message why, in words
   */
  public record Request(Reason reason, String message) {}

  /** Undoes a registration; never fails. */
  public interface Registration extends AutoCloseable {
    @Override
    void close();
  }

  private final List<Runnable> actions = new ArrayList<>();
  private final CountDownLatch asked = new CountDownLatch(1);
  private @Nullable Request request;

  /** Asks to stop and runs what was registered; false if it had been asked before. */
  public boolean request(Reason reason, String message) {
    List<Runnable> now;
    synchronized (actions) {
      if (request != null) {
        return false;
      }
      request = new Request(reason, message);
      now = List.copyOf(actions);
    }
    asked.countDown();
    now.forEach(Runnable::run);
    return true;
  }

  /** Returns what was asked for, if anything was. */
  public Optional<Request> requested() {
    synchronized (actions) {
      return Optional.ofNullable(request);
    }
  }

  /**
   * Goes on only if nobody asked to stop.
   *
   * @throws StoppedException if somebody did
   */
  @Override
  public void check() {
    Optional<Request> found = requested();
    if (found.isPresent()) {
      throw new StoppedException(found.get());
    }
  }

  /** Waits until somebody asks to stop; false if nobody did in the given time. */
  public boolean await(Duration time) {
    try {
      return asked.await(time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return request(Reason.CLOSING, "interrupted") || requested().isPresent();
    }
  }

  /** Runs an action when somebody asks, at once if somebody has. */
  public Registration onRequest(Runnable action) {
    synchronized (actions) {
      if (request == null) {
        actions.add(action);
        return () -> remove(action);
      }
    }
    action.run();
    return () -> {};
  }

  private void remove(Runnable action) {
    synchronized (actions) {
      actions.remove(action);
    }
  }
}
