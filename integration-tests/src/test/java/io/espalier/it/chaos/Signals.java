package io.espalier.it.chaos;

import io.espalier.standalone.local.JavaProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.List;
import java.util.stream.Stream;

/** Signals to a process and to those that it has started. */
final class Signals {
  private Signals() {}

  /** Ends a process at once, as by {@code kill -9}; its children notice by themselves. */
  static void kill(JavaProcess process) {
    List<Long> children = descendants(process.pid()).toList();
    process.kill();
    // A frozen child does not notice that its supervisor is gone.
    children.forEach(child -> sendOne("-CONT", child));
  }

  /** Sends a signal to a process and its children. One that has ended meanwhile is no failure. */
  static void send(String signal, long pid) {
    List<Long> children = descendants(pid).toList();
    sendOne(signal, pid);
    children.forEach(child -> sendOne(signal, child));
  }

  private static Stream<Long> descendants(long pid) {
    return ProcessHandle.of(pid).stream()
        .flatMap(ProcessHandle::descendants)
        .map(ProcessHandle::pid);
  }

  private static void sendOne(String signal, long pid) {
    try {
      new ProcessBuilder("kill", signal, Long.toString(pid))
          .redirectError(Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
