package io.espalier.standalone.local;

import io.espalier.standalone.local.JavaProcess.Launch;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * A service in its own JVM that can be stopped, killed and started again with the same address and
 * data.
 */
public abstract class LocalService implements AutoCloseable {
  private final Launch launch;
  private JavaProcess process;

  /** Starts the process; {@link #works} says whether it works yet. */
  LocalService(Launch launch) {
    this.launch = launch;
    this.process = JavaProcess.start(launch);
  }

  /** Returns whether it works now; answers within a few seconds. */
  public abstract boolean works();

  /** Returns where it listens, as clients name it; empty if it does not. */
  public abstract String address();

  /** Returns what it is and where it writes its log, for messages. */
  abstract String inWords();

  /** Returns how long it may take to start. */
  abstract Duration startLimit();

  /** Clears away what would make it look ready before it is. */
  void beforeStart() {}

  /** Waits until it answers; a service that does not is killed. */
  final void awaitReady() {
    try {
      Readiness.await(process, inWords(), startLimit(), this::works);
    } catch (RuntimeException failed) {
      process.kill();
      throw failed;
    }
  }

  /** Returns where it writes its log. */
  public final Path log() {
    return launch.log();
  }

  /** The process that runs it now. */
  public final LiveProcess process() {
    return process.live();
  }

  /** Its process id. */
  public final long pid() {
    return process.pid();
  }

  /** Returns whether its process runs. */
  public final boolean alive() {
    return process.alive();
  }

  /** Returns how its process ended, if it has. */
  public final Optional<JavaProcess.End> ended() {
    return process.end();
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
