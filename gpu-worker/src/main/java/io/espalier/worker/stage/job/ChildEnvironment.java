package io.espalier.worker.stage.job;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The environment of a child: what it needs of this process's, and nothing else. It reads files of
 * strangers with native code, so it is told no secrets, and no options that would make a JVM print
 * them or open a port.
 */
final class ChildEnvironment {
  private static final Set<String> NAMES =
      Set.of("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "ENGINE_CACHE_DIR");

  private static final List<String> PREFIXES =
      List.of(
          "LC_", "CUDA_", "NVIDIA_", "OMP_", "MKL_", "KMP_", "MALLOC_", "THP_", "DJL_", "PYTORCH_");

  private static final List<String> SECRETS =
      List.of("KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIAL");

  /**
   * Settings of the tensor library and the C library, unless the environment says something else.
   */
  private static final Map<String, String> DEFAULTS =
      Map.of(
          // Threads that wait for each other by spinning take the processor from those that work.
          "OMP_WAIT_POLICY", "passive",
          // Memory of large arrays comes in large pages, which takes half the time.
          "THP_MEM_ALLOC_ENABLE", "1",
          // It is kept for the next array of up to 64 MiB, instead of being asked for anew.
          "MALLOC_ARENA_MAX", "1",
          "MALLOC_MMAP_THRESHOLD_", "67108864",
          "MALLOC_TRIM_THRESHOLD_", "67108864");

  private ChildEnvironment() {}

  /**
   * A child's environment.
   *
   * @param own this process's
   * @param settings of this child, such as its device; they count more than anything else
   */
  static Map<String, String> of(Map<String, String> own, Map<String, String> settings) {
    Map<String, String> environment = new TreeMap<>(DEFAULTS);
    own.forEach(
        (name, value) -> {
          if (isAllowed(name)) {
            environment.put(name, value);
          }
        });
    environment.putAll(settings);
    return environment;
  }

  private static boolean isAllowed(String name) {
    boolean isKnown = NAMES.contains(name) || PREFIXES.stream().anyMatch(name::startsWith);
    String upper = name.toUpperCase(Locale.ROOT);
    return isKnown && SECRETS.stream().noneMatch(upper::contains);
  }
}
