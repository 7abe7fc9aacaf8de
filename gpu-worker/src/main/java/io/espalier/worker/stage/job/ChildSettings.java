package io.espalier.worker.stage.job;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Settings of a stage's own JVM.
 *
 * @param mainClass its main class; takes how it is started and calls {@link StageChild#serve}
 * @param classPath its class path
 * @param heapMebibytes bound of the Java heap; native tensors come on top
 * @param threads threads of the tensor library; 1 and 2 threads differ in the last bits
 * @param extraOptions further JVM options
 * @param environment variables that it gets besides those that every child gets
 */
public record ChildSettings(
    String mainClass,
    String classPath,
    int heapMebibytes,
    int threads,
    List<String> extraOptions,
    Map<String, String> environment) {
  /** First size of the heap: a larger one would fill up before anything is collected. */
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

  /** Settings; the collections are copied. */
  public ChildSettings {
    if (heapMebibytes < 1 || threads < 1) {
      throw new IllegalArgumentException(
          "a stage's JVM needs at least 1 MiB of heap and 1 thread, but was given %d MiB and %d threads"
              .formatted(heapMebibytes, threads));
    }
    extraOptions = List.copyOf(extraOptions);
    environment = Map.copyOf(environment);
  }

  /** A child with this process's class path. */
  public static ChildSettings of(int heapMebibytes, int threads) {
    return new ChildSettings(
        STAGE_PROCESS, absoluteClassPath(), heapMebibytes, threads, List.of(), Map.of());
  }

  /** The child starts in a folder of its own, where relative entries would lead nowhere. */
  private static String absoluteClassPath() {
    return Arrays.stream(System.getProperty("java.class.path", "").split(File.pathSeparator, -1))
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** The same settings with another main class. */
  public ChildSettings withMainClass(String other) {
    return new ChildSettings(other, classPath, heapMebibytes, threads, extraOptions, environment);
  }

  /** The same settings with further JVM options. */
  public ChildSettings withOptions(List<String> options) {
    return new ChildSettings(mainClass, classPath, heapMebibytes, threads, options, environment);
  }

  /** The same settings with another number of threads. */
  public ChildSettings withThreads(int other) {
    return new ChildSettings(mainClass, classPath, heapMebibytes, other, extraOptions, environment);
  }

  /** The same settings with other variables in the environment. */
  public ChildSettings withEnvironment(Map<String, String> other) {
    return new ChildSettings(mainClass, classPath, heapMebibytes, threads, extraOptions, other);
  }

  /** The command that starts a child; crash reports go into the folder. */
  List<String> command(Path folder, StageChild.Start how) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xms" + Math.min(FIRST_HEAP_MEBIBYTES, heapMebibytes) + "m");
    command.add("-Xmx" + heapMebibytes + "m");
    command.add("-XX:+UseSerialGC"); // the heap is small; the memory belongs to the tensors
    command.add("-XX:+ExitOnOutOfMemoryError");
    command.add("-XX:+DisableAttachMechanism"); // nobody looks into the memory of others' models
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
    return ProcessGroup.lead(command);
  }
}
