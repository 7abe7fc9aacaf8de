package io.espalier.worker.app;

import io.espalier.worker.kafka.WorkerIdentity.Device;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The compute devices of this machine. */
final class Devices {
  private Devices() {}

  /** The processor with the memory that this process may use, containers' limits included. */
  static List<Device> local() {
    long memory =
        ManagementFactory.getOperatingSystemMXBean()
                instanceof com.sun.management.OperatingSystemMXBean system
            ? system.getTotalMemorySize()
            : Runtime.getRuntime().maxMemory();
    return List.of(new Device(processor(), "cpu", memory));
  }

  /** What results depend on besides the job: other processors and thread counts round otherwise. */
  static String target(List<Device> devices, int threads) {
    return devices.get(0).name() + ", " + threads + (threads == 1 ? " thread" : " threads");
  }

  private static String processor() {
    String architecture = System.getProperty("os.arch");
    Path file = Path.of("/proc/cpuinfo");
    if (!Files.isReadable(file)) {
      return architecture;
    }
    try (var lines = Files.lines(file)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(architecture);
    } catch (IOException e) {
      return architecture;
    }
  }
}
