package io.espalier.worker.app;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.Quoted;
import io.espalier.worker.kafka.record.WorkerIdentity.Device;
import io.espalier.worker.stage.job.ChildSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The compute devices of this machine and how the slots of a worker share them. */
final class Devices {
  private static final String VISIBLE = "CUDA_VISIBLE_DEVICES";

  /**
   * A device.
   *
   * @param device what people are told of it
   * @param environment what a process is told so that it uses this device and no other
   */
  private record Assignable(Device device, Map<String, String> environment) {}

  private final List<Assignable> devices;
  private final int processors;

  private Devices(List<Assignable> devices, int processors) {
    this.devices = devices;
    this.processors = processors;
  }

  /**
   * The CUDA devices, if the tensor library can use them and there are any; else the processor with
   * the memory that this process may use, containers' limits included.
   *
   * @throws InvalidInputException if CUDA_VISIBLE_DEVICES cannot be followed
   */
  static Devices local() {
    return of(
        name -> Optional.ofNullable(System.getProperty(name, System.getenv(name))),
        new NvidiaSmi("nvidia-smi"),
        Runtime.getRuntime().availableProcessors());
  }

  /**
   * The devices of a machine.
   *
   * @param settings system properties and environment by name
   * @param processors how many processors it has
   */
  static Devices of(Function<String, Optional<String>> settings, NvidiaSmi tool, int processors) {
    List<NvidiaSmi.Gpu> found = usesCuda(settings) ? tool.devices() : List.of();
    if (found.isEmpty()) {
      return new Devices(List.of(new Assignable(processor(), Map.of())), processors);
    }
    Optional<Set<Integer>> visible = settings.apply(VISIBLE).map(Devices::indices);
    var memory = new CudaMemory(tool, found);
    List<Assignable> devices =
        found.stream()
            .filter(gpu -> visible.isEmpty() || visible.get().contains(gpu.index()))
            .map(gpu -> cuda(gpu, memory))
            .toList();
    if (devices.isEmpty()) {
      throw new InvalidInputException(
          "CUDA_VISIBLE_DEVICES is '%s', but this machine's devices are %s"
              .formatted(
                  Quoted.of(settings.apply(VISIBLE).orElse("")),
                  found.stream().map(NvidiaSmi.Gpu::index).toList()));
    }
    return new Devices(devices, processors);
  }

  /** Returns what people are told of them. */
  List<Device> list() {
    return devices.stream().map(Assignable::device).toList();
  }

  /**
   * Returns how the processes of a slot are started: on its device, with its share of the
   * processors and no more threads than it was given. Slots take the devices in turn. The heap is
   * each slot's as it is: {@link StageHeaps} sees to it that all of them fit.
   */
  ChildSettings settings(ChildSettings given, int slot, int slots) {
    Map<String, String> environment = new HashMap<>(given.environment());
    environment.putAll(of(slot).environment());
    return given
        .withThreads(Math.min(given.threads(), Math.max(1, processors / slots)))
        .withEnvironment(environment);
  }

  /**
   * Returns what results depend on besides the job: other devices and thread counts round
   * otherwise.
   */
  String target(int slot, int threads) {
    return of(slot).device().name() + ", " + threads + (threads == 1 ? " thread" : " threads");
  }

  private Assignable of(int slot) {
    return devices.get(slot % devices.size());
  }

  /**
   * Returns whether the tensor library was built for CUDA, which only a library given by path can
   * be.
   */
  private static boolean usesCuda(Function<String, Optional<String>> settings) {
    return settings.apply("PYTORCH_FLAVOR").filter(flavor -> flavor.startsWith("cu")).isPresent()
        || settings
            .apply("PYTORCH_LIBRARY_PATH")
            .filter(path -> Files.exists(Path.of(path, "libtorch_cuda.so")))
            .isPresent();
  }

  private static Set<Integer> indices(String visible) {
    try {
      return Arrays.stream(visible.split(",", -1))
          .map(String::strip)
          .filter(index -> !index.isEmpty())
          .map(Integer::valueOf)
          .collect(Collectors.toSet());
    } catch (NumberFormatException e) {
      throw new InvalidInputException(
          "CUDA_VISIBLE_DEVICES should list indices as nvidia-smi counts, such as 0,1, but is '%s'"
              .formatted(Quoted.of(visible)));
    }
  }

  private static Assignable cuda(NvidiaSmi.Gpu gpu, CudaMemory memory) {
    return new Assignable(
        new Device(gpu.name(), "cuda", gpu.memoryBytes(), () -> memory.free(gpu.index())),
        Map.of("CUDA_DEVICE_ORDER", "PCI_BUS_ID", VISIBLE, String.valueOf(gpu.index())));
  }

  private static Device processor() {
    long memory = StageHeaps.local().memoryBytes();
    return new Device(
        line(Path.of("/proc/cpuinfo"), "model name").orElse(System.getProperty("os.arch")),
        "cpu",
        memory,
        () -> availableMemory(memory));
  }

  private static OptionalLong availableMemory(long all) {
    return line(Path.of("/proc/meminfo"), "MemAvailable")
        .map(text -> Math.min(all, Long.parseLong(text.replaceAll("\\D", "")) * 1024))
        .map(OptionalLong::of)
        .orElse(OptionalLong.empty());
  }

  /** Returns what a file of the kernel says after a word. */
  private static Optional<String> line(Path file, String begin) {
    if (!Files.isReadable(file)) {
      return Optional.empty();
    }
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .filter(line -> line.startsWith(begin))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
