package io.espalier.worker.app;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

/**
 * The free memory of CUDA devices as it was a short while ago: the driver's tool takes too long to
 * be waited for, so it is asked in a thread of its own whenever the last answer has grown old.
 */
final class CudaMemory {
  private static final Duration OLD = Duration.ofSeconds(15);

  private final NvidiaSmi tool;
  private final AtomicBoolean asking = new AtomicBoolean();
  private volatile Map<Integer, Long> free;
  private volatile long asked = System.nanoTime();

  CudaMemory(NvidiaSmi tool, List<NvidiaSmi.Gpu> found) {
    this.tool = tool;
    this.free = byIndex(found);
  }

  /** Bytes that are free on a device; empty if the tool did not name it last time. */
  OptionalLong free(int index) {
    if (System.nanoTime() - asked > OLD.toNanos()) {
      refresh();
    }
    Long bytes = free.get(index);
    return bytes == null ? OptionalLong.empty() : OptionalLong.of(bytes);
  }

  /** Asks again, unless somebody is at it. */
  void refresh() {
    if (asking.compareAndSet(false, true)) {
      var thread = new Thread(this::ask, "cuda-memory");
      thread.setDaemon(true);
      thread.start();
    }
  }

  private void ask() {
    try {
      free = byIndex(tool.devices());
      asked = System.nanoTime();
    } finally {
      asking.set(false);
    }
  }

  private static Map<Integer, Long> byIndex(List<NvidiaSmi.Gpu> found) {
    return found.stream()
        .collect(
            Collectors.toMap(NvidiaSmi.Gpu::index, NvidiaSmi.Gpu::freeBytes, (one, other) -> one));
  }
}
