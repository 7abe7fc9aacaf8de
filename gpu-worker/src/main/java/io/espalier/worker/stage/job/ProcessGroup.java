package io.espalier.worker.stage.job;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A group of processes of its own for a child, where the system has {@code setsid}: what the child
 * starts and leaves behind, even if that has another parent by then, can be ended with it.
 */
public final class ProcessGroup {
  private static final Logger LOGGER = LoggerFactory.getLogger(ProcessGroup.class);

  /** System property of a child that leads a group. */
  private static final String LEADS = "espalier.leadsProcessGroup";

  private static final Optional<Path> SETSID = find("setsid");
  private static final Optional<Path> SHELL = find("sh");
  private static final int PATIENCE_SECONDS = 5;

  private ProcessGroup() {}

  /** Returns whether children can have groups here. */
  public static boolean isSupported() {
    return SETSID.isPresent() && SHELL.isPresent();
  }

  /** A Java command that makes its process the leader of a group. */
  static List<String> lead(List<String> command) {
    if (!isSupported()) {
      return command;
    }
    // Started by fork, the process leads no group yet, so setsid replaces itself: same process id.
    List<String> leading = new ArrayList<>();
    leading.add(SETSID.orElseThrow().toString());
    leading.add(command.get(0));
    leading.add("-D" + LEADS + "=true");
    leading.addAll(command.subList(1, command.size()));
    return leading;
  }

  /** Ends the group of a child, if it has one; the child too. */
  static void kill(long leader) {
    if (isSupported()) {
      signal(leader);
    }
  }

  /** Ends the group that this process leads, if it does; this process too. */
  static void killOwn() {
    if (Boolean.getBoolean(LEADS)) {
      signal(ProcessHandle.current().pid());
    }
  }

  private static void signal(long leader) {
    try {
      Process kill =
          new ProcessBuilder(SHELL.orElseThrow().toString(), "-c", "kill -s KILL -- -" + leader)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!kill.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        kill.destroyForcibly();
      }
    } catch (IOException e) {
      LOGGER.atWarn().setCause(e).addKeyValue("group", leader).log("processes not ended");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Optional<Path> find(String name) {
    String path = System.getenv().getOrDefault("PATH", "/usr/bin:/bin");
    for (String folder : path.split(File.pathSeparator, -1)) {
      if (!folder.isBlank() && Files.isExecutable(Path.of(folder, name))) {
        return Optional.of(Path.of(folder, name));
      }
    }
    return Optional.empty();
  }
}
