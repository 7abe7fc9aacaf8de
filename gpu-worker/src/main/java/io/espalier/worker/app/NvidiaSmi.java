package io.espalier.worker.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The CUDA devices of this machine, as the tool {@code nvidia-smi} of their driver tells them. */
final class NvidiaSmi {
  /**
   * A device.
   *
   * @param index by which the tool counts, in the order of the bus
   * @param name in words
   * @param memoryBytes memory in bytes
   * @param freeBytes what is free of it
   */
  record Gpu(int index, String name, long memoryBytes, long freeBytes) {}

  private static final Logger LOGGER = LoggerFactory.getLogger(NvidiaSmi.class);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int FIELDS = 4;
  private static final long MEBIBYTE = 1L << 20;

  private final String tool;

  /** The tool by its name or path. */
  NvidiaSmi(String tool) {
    this.tool = tool;
  }

  /** Asks the tool; no devices if it is not there, fails or does not answer. */
  List<Gpu> devices() {
    try {
      Path answer = Files.createTempFile("espalier-devices-", ".csv");
      try {
        return run(answer);
      } finally {
        Files.deleteIfExists(answer);
      }
    } catch (IOException e) {
      LOGGER.atDebug().setCause(e).log("no CUDA devices");
      return List.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    }
  }

  private List<Gpu> run(Path answer) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                tool,
                "--query-gpu=index,name,memory.total,memory.free",
                "--format=csv,noheader,nounits")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .redirectOutput(answer.toFile())
            .start();
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      process.destroyForcibly();
      LOGGER.atWarn().addKeyValue("tool", tool).log("the driver's tool does not answer");
      return List.of();
    }
    if (process.exitValue() != 0) {
      LOGGER.atWarn().addKeyValue("exit", process.exitValue()).log("the driver's tool failed");
      return List.of();
    }
    List<Gpu> devices = new ArrayList<>();
    Files.readAllLines(answer, UTF_8).forEach(line -> parse(line).ifPresent(devices::add));
    return devices;
  }

  /** A line such as {@code 0, NVIDIA H200, 143771, 143156}, memory in MiB. */
  private static Optional<Gpu> parse(String line) {
    String[] fields = line.split(",", -1);
    if (fields.length < FIELDS) {
      return Optional.empty();
    }
    try {
      int last = fields.length - 1; // a name may hold a comma
      return Optional.of(
          new Gpu(
              Integer.parseInt(fields[0].strip()),
              String.join(",", List.of(fields).subList(1, last - 1)).strip(),
              Long.parseLong(fields[last - 1].strip()) * MEBIBYTE,
              Long.parseLong(fields[last].strip()) * MEBIBYTE));
    } catch (NumberFormatException e) {
      LOGGER.atWarn().addKeyValue("line", line).log("a device that cannot be told is left out");
      return Optional.empty();
    }
  }
}
