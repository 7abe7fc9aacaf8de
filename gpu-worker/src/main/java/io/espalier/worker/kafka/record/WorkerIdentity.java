package io.espalier.worker.kafka.record;

import java.util.List;
import java.util.OptionalLong;

/**
 * Worker identity.
 *
 * @param workerId unique per worker; the same after a restart
 * @param pool the pool it serves
 * @param slots stages that it runs at the same time
 * @param devices its devices
 * @param target what its results depend on besides the job, in words: device and threads
 */
public record WorkerIdentity(
    String workerId, String pool, int slots, List<Device> devices, String target) {
  /** Free memory of a device now. */
  @FunctionalInterface
  public interface FreeMemory {
    /** Nobody knows. */
    FreeMemory UNKNOWN = OptionalLong::empty;

    /** Bytes; empty if that is not known. Returns at once. */
    OptionalLong bytes();
  }

  /**
   * A compute device.
   *
   * @param name in words
   * @param kind cpu or cuda
   * @param memoryBytes memory in bytes
   * @param free how much of it is free
   */
  public record Device(String name, String kind, long memoryBytes, FreeMemory free) {
    /** A device of which nobody knows how much memory is free. */
    public Device(String name, String kind, long memoryBytes) {
      this(name, kind, memoryBytes, FreeMemory.UNKNOWN);
    }
  }

  /** An identity; the list is copied. */
  public WorkerIdentity {
    if (slots < 1) {
      throw new IllegalArgumentException("a worker needs at least 1 slot, but was given " + slots);
    }
    devices = List.copyOf(devices);
  }
}
