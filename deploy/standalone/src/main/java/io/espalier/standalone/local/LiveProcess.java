package io.espalier.standalone.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A process as it is written down for others. Ids are given again, so the time of its start belongs
 * to it.
 *
 * @param id its process id
 * @param since when it began
 */
public record LiveProcess(long id, Instant since) {
  /** The system counts starts in hundredths of a second from a boot whose time it may correct. */
  private static final Duration TOLERANCE = Duration.ofSeconds(2);

  /** This process. */
  public static LiveProcess current() {
    return of(ProcessHandle.current());
  }

  /** A process of which there is a handle. */
  static LiveProcess of(ProcessHandle handle) {
    return new LiveProcess(handle.pid(), handle.info().startInstant().orElse(Instant.EPOCH));
  }

  /** Returns whether it runs. */
  public boolean alive() {
    return handle().isPresent();
  }

  /** Asks it to end. */
  void stop() {
    handle().ifPresent(ProcessHandle::destroy);
  }

  /** Ends it at once. */
  void kill() {
    handle().ifPresent(ProcessHandle::destroyForcibly);
  }

  /** Waits for its end, and returns whether it has come. */
  boolean awaitEnd(Duration limit) {
    Optional<ProcessHandle> handle = handle();
    if (handle.isEmpty()) {
      return true;
    }
    try {
      handle.get().onExit().get(limit.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException late) {
      return false;
    } catch (ExecutionException failed) {
      return !handle.get().isAlive();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private Optional<ProcessHandle> handle() {
    return ProcessHandle.of(id)
        .filter(ProcessHandle::isAlive)
        .filter(found -> !hasEnded())
        .filter(
            found -> Duration.between(of(found).since(), since).abs().compareTo(TOLERANCE) <= 0);
  }

  /** One that has ended stays in the system's list until its parent asks for its exit code. */
  private boolean hasEnded() {
    try {
      String state = Files.readString(Path.of("/proc/%d/stat".formatted(id)));
      return state.startsWith("Z", state.lastIndexOf(')') + 2); // PID (NAME) STATE ...
    } catch (IOException notLinux) {
      return false;
    }
  }
}
