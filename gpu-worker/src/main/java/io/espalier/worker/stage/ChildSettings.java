package io.espalier.worker.stage;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How a stage's own JVM is started.
 *
 * @param mainClass its main class; takes how it is started and calls {@link StageChild#serve}
 * @param classPath its class path
 * @param heapMebibytes bound of the Java heap; native tensors come on top
 * @param threads threads of the tensor library; 1 and 2 threads differ in the last bits
 * @param extraOptions further JVM options
 */
public record ChildSettings(
    String mainClass, String classPath, int heapMebibytes, int threads, List<String> extraOptions) {
  /**
   * What the tensor library and the C library are told by the environment, unless it says something
   * else there.
   */
  static final Map<String, String> ENVIRONMENT =
      Map.of(
          // Threads that wait for each other by spinning take the processor from those that work.
          "OMP_WAIT_POLICY", "passive",
          // Memory of large arrays comes in large pages, which takes half the time.
          "THP_MEM_ALLOC_ENABLE", "1",
          // It is kept for the next array of up to 64 MiB, instead of being asked for anew.
          "MALLOC_ARENA_MAX", "1",
          "MALLOC_MMAP_THRESHOLD_", "67108864",
          "MALLOC_TRIM_THRESHOLD_", "67108864");

  /** Where the heap begins: a larger one would fill up before anything is collected. */
  private static final int FIRST_HEAP_MEBIBYTES = 32;

  /** Named, not referred to, since the application package is above this one. */
  private static final String STAGE_PROCESS = "io.espalier.worker.app.StageProcess";

  /** Settings that may be given as system properties of this process; the child needs them too. */
  private static final List<String> PASSED_ON =
      List.of(
          "ENGINE_CACHE_DIR",
          "DJL_CACHE_DIR",
          "PYTORCH_LIBRARY_PATH",
          "PYTORCH_VERSION",
          "PYTORCH_FLAVOR",
          "PYTORCH_EXTRA_LIBRARY_PATH",
          "logback.configurationFile");

  /** Settings; the list is copied. */
  public ChildSettings {
    if (heapMebibytes < 1 || threads < 1) {
      throw new IllegalArgumentException(
          "a stage's JVM needs at least 1 MiB of heap and 1 thread, but was given %d MiB and %d threads"
              .formatted(heapMebibytes, threads));
    }
    extraOptions = List.copyOf(extraOptions);
  }

  /** A child with this process's class path. */
  public static ChildSettings of(int heapMebibytes, int threads) {
    return new ChildSettings(STAGE_PROCESS, absoluteClassPath(), heapMebibytes, threads, List.of());
  }

  /** The child starts in a folder of its own, where relative entries would lead nowhere. */
  private static String absoluteClassPath() {
    return Arrays.stream(System.getProperty("java.class.path", "").split(File.pathSeparator, -1))
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** The same settings with another main class. */
  public ChildSettings withMainClass(String other) {
    return new ChildSettings(other, classPath, heapMebibytes, threads, extraOptions);
  }

  /** The same settings with further JVM options. */
  public ChildSettings withOptions(List<String> options) {
    return new ChildSettings(mainClass, classPath, heapMebibytes, threads, options);
  }

  /** The command that starts a child; crash reports go into the folder. */
  List<String> command(Path folder, StageChild.Start how) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xms" + Math.min(FIRST_HEAP_MEBIBYTES, heapMebibytes) + "m");
    command.add("-Xmx" + heapMebibytes + "m");
    command.add("-XX:+UseSerialGC"); // the heap is small; the memory belongs to the tensors
    command.add("-XX:+ExitOnOutOfMemoryError");
    command.add("-XX:ErrorFile=" + folder.toAbsolutePath().resolve("crash.log"));
    command.add("-Dai.djl.offline=true");
    command.add("-DOPT_OUT_TRACKING=true");
    command.add("-Dai.djl.pytorch.num_threads=" + threads);
    command.add("-Dai.djl.pytorch.num_interop_threads=1");
    for (String name : PASSED_ON) {
      String value = System.getProperty(name);
      if (value != null) {
        command.add("-D" + name + "=" + value);
      }
    }
    command.addAll(extraOptions);
    command.addAll(List.of("-cp", classPath, mainClass, how.name()));
    return command;
  }
}
