package io.espalier.standalone.local;

import io.espalier.standalone.local.JavaProcess.Launch;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A service in its own JVM that can be stopped, killed and started again with the same address and
 * data.
 */
public abstract class LocalService implements AutoCloseable {
  private final Launch launch;
  private JavaProcess process;

  /** Starts the process; {@link #awaitReady} says when it works. */
  LocalService(Launch launch) {
    this.launch = launch;
    this.process = JavaProcess.start(launch);
  }

  /** Waits until the process answers, and throws if it does not in time or has ended. */
  abstract void awaitReady(JavaProcess process);

  /** Clears away what would make it look ready before it is. */
  void beforeStart() {}

  /** Waits until it answers; a service that does not is killed. */
  final void awaitReady() {
    try {
      awaitReady(process);
    } catch (RuntimeException failed) {
      process.kill();
      throw failed;
    }
  }

  /** Where it writes its log. */
  public final Path log() {
    return launch.log();
  }

  /** Its process id. */
  public final long pid() {
    return process.pid();
  }

  /** Whether its process runs. */
  public final boolean alive() {
    return process.alive();
  }

  /** Returns how its process ended, with the end of its log, if it has. */
  public final Optional<String> ended() {
    try {
      process.requireAlive();
      return Optional.empty();
    } catch (ServiceException gone) {
      return Optional.of(String.valueOf(gone.getMessage()));
    }
  }

  /** Stops it in order; its data stay. */
  public final void stop() {
    process.stop();
  }

  /** Ends it at once, as by {@code kill -9}; its data stay. */
  public final void kill() {
    process.kill();
  }

  /**
   * Starts it again with the same address and data, after stopping it if it still runs, and waits
   * until it answers.
   */
  public final void restart() {
    startAgain();
    awaitReady();
  }

  /** Starts it again as {@link #restart} does, and waits for nothing. */
  public final void startAgain() {
    process.stop();
    beforeStart();
    process = JavaProcess.start(launch);
  }

  /** Stops it. */
  @Override
  public final void close() {
    stop();
  }
}
