package io.espalier.standalone.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Another JVM with a bounded heap that ends when this one ends. What it prints goes to a log file.
 */
public final class JavaProcess implements AutoCloseable {
  private static final long STOP_SECONDS = 20;
  private static final int TAIL_LINES = 20;

  private final Launch launch;
  private final Process process;

  private JavaProcess(Launch launch, Process process) {
    this.launch = launch;
    this.process = process;
  }

  /**
   * Start request.
   *
   * @param name what it is, in a word, for messages
   * @param heapMegabytes largest heap in MiB
   * @param options further options of the JVM
   * @param classPath its class path; must hold {@link Lifeline}
   * @param mainClass its main class
   * @param arguments arguments of the main class
   * @param log file that its output is appended to
   */
  public record Launch(
      String name,
      int heapMegabytes,
      List<String> options,
      String classPath,
      String mainClass,
      List<String> arguments,
      Path log) {
    /** A launch; lists are copied. */
    public Launch {
      options = List.copyOf(options);
      arguments = List.copyOf(arguments);
    }

    private List<String> command() {
      var command = new ArrayList<String>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.add("-Xmx" + heapMegabytes + "m");
      command.add("-Duser.language.format=en"); // the same digits on every machine
      command.addAll(options);
      command.addAll(List.of("-cp", classPath, Lifeline.class.getName(), mainClass));
      command.addAll(arguments);
      return command;
    }
  }

  /** Starts it. */
  public static JavaProcess start(Launch launch) {
    try {
      Files.createDirectories(launch.log().toAbsolutePath().getParent());
      Process process =
          new ProcessBuilder(launch.command())
              .redirectErrorStream(true)
              .redirectOutput(Redirect.appendTo(launch.log().toFile()))
              .start();
      return new JavaProcess(launch, process);
    } catch (IOException failed) {
      throw new UncheckedIOException("could not start the %s".formatted(launch.name()), failed);
    }
  }

  /**
   * End of a process.
   *
   * @param exitCode its exit code
   * @param message what it was, its exit code, and the end of its log
   */
  public record End(int exitCode, String message) {}

  /** The process as it is written down for others. */
  public LiveProcess live() {
    return LiveProcess.of(process.toHandle());
  }

  /** Its process id. */
  public long pid() {
    return process.pid();
  }

  /** Returns whether it still runs. */
  public boolean alive() {
    return process.isAlive();
  }

  /** Returns how it ended, if it has. */
  public Optional<End> end() {
    if (process.isAlive()) {
      return Optional.empty();
    }
    String message =
        "the %s ended with exit code %d; the end of %s says:%n%s"
            .formatted(launch.name(), process.exitValue(), launch.log(), tail());
    return Optional.of(new End(process.exitValue(), message));
  }

  /**
   * Makes sure that it still runs.
   *
   * @throws ServiceException with its exit code and the end of its log, if it does not
   */
  public void requireAlive() {
    end()
        .ifPresent(
            end -> {
              throw new ServiceException(end.message());
            });
  }

  /** Asks it to end, waits for that, and kills it if it does not within 20 seconds. */
  public void stop() {
    process.destroy();
    if (!waitFor(STOP_SECONDS)) {
      kill();
    }
  }

  /** Ends it at once, as by {@code kill -9}. */
  public void kill() {
    process.destroyForcibly();
    waitFor(STOP_SECONDS);
  }

  @Override
  public void close() {
    stop();
  }

  private boolean waitFor(long seconds) {
    try {
      return process.waitFor(seconds, TimeUnit.SECONDS);
    } catch (InterruptedException interrupted) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      return true;
    }
  }

  private String tail() {
    try (Stream<String> lines = Files.lines(launch.log(), StandardCharsets.UTF_8)) {
      List<String> all = lines.toList();
      return String.join("\n", all.subList(Math.max(0, all.size() - TAIL_LINES), all.size()));
    } catch (IOException | UncheckedIOException unreadable) {
      return "(its log cannot be read: " + unreadable.getMessage() + ")";
    }
  }
}
