package io.espalier.worker.app;

import io.espalier.worker.domain.InvalidInputException;
import java.lang.management.ManagementFactory;

/**
 * The memory of this machine or container as far as the Java heaps of stages may fill it: one half.
 * The other is for the tensors, which lie outside of the heaps, the tensor library and the worker.
 *
 * @param memoryBytes all the memory that there is
 */
public record StageHeaps(long memoryBytes) {
  /** Heap in MiB that a stage gets where there is enough memory for it. */
  static final int LARGEST_MEBIBYTES = 1500;

  /** Heap in MiB below which no stage is started unless it is asked for. */
  static final int SMALLEST_MEBIBYTES = 128;

  private static final int SHARE = 2;

  /** The memory that this process may use, containers' limits included. */
  public static StageHeaps local() {
    return new StageHeaps(
        ManagementFactory.getOperatingSystemMXBean()
                instanceof com.sun.management.OperatingSystemMXBean system
            ? system.getTotalMemorySize()
            : Runtime.getRuntime().maxMemory());
  }

  /**
   * Returns the heap of each stage in MiB if none is configured: its share, within bounds.
   *
   * @param slots stages at the same time
   */
  public int mebibytes(int slots) {
    return (int) Math.max(SMALLEST_MEBIBYTES, Math.min(LARGEST_MEBIBYTES, all() / slots));
  }

  /**
   * Makes sure that the heaps of all slots fit.
   *
   * @param mebibytes heap of each in MiB
   * @throws InvalidInputException if they do not
   */
  void require(int slots, int mebibytes) {
    long wanted = (long) slots * mebibytes;
    if (wanted > all()) {
      throw new InvalidInputException(
          "%d slots with a heap of %d MiB each need %d MiB, but of the %d MiB of this machine or container heaps may take %d MiB, since tensors need the rest. Give it fewer slots, a smaller heap (for %d slots at most %d MiB) or more memory."
              .formatted(slots, mebibytes, wanted, memoryBytes >> 20, all(), slots, all() / slots));
    }
  }

  private long all() {
    return (memoryBytes >> 20) / SHARE;
  }
}
