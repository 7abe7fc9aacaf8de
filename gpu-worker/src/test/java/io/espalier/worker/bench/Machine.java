package io.espalier.worker.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Facts on a benchmark's machine, and calls of its commands. */
public final class Machine {
  private Machine() {}

  /** Processor, cores, Java, heap and load on one line. */
  public static String line() throws IOException {
    String cpu =
        Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
            .filter(line -> line.startsWith("model name"))
            .findFirst()
            .orElse("unknown processor");
    return "%s; %d cores; Java %s; largest heap %d MiB; load %s"
        .formatted(
            cpu,
            Runtime.getRuntime().availableProcessors(),
            Runtime.version(),
            Runtime.getRuntime().maxMemory() >> 20,
            load());
  }

  /** Processes that wanted to run, on the average of the last minute. */
  public static String load() throws IOException {
    String averages = Files.readString(Path.of("/proc/loadavg"));
    return averages.substring(0, averages.indexOf(' '));
  }

  /** The most memory that this process ever had, as the system says it. */
  public static String peakMemory() throws IOException {
    return status("VmHWM");
  }

  /** The memory that this process has now, as the system says it. */
  public static String residentMemory() throws IOException {
    return status("VmRSS");
  }

  private static String status(String what) throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith(what))
        .findFirst()
        .orElse("unknown");
  }

  /** The time that a command takes. */
  static double seconds(String... command) throws IOException, InterruptedException {
    long start = System.nanoTime();
    int exit = new ProcessBuilder(command).inheritIO().start().waitFor();
    if (exit != 0) {
      throw new IOException(String.join(" ", command) + " ended with " + exit);
    }
    return (System.nanoTime() - start) / 1e9;
  }

  /** Removes a folder, if it is there. */
  public static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
