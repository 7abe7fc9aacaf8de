package io.espalier.worker.kafka;

import java.util.List;

/**
 * Who a worker is.
 *
 * @param workerId unique per worker process
 * @param pool the pool it serves
 * @param slots stages that it runs at the same time
 * @param devices its devices
 * @param target what its results depend on besides the job, in words: device and threads
 */
public record WorkerIdentity(
    String workerId, String pool, int slots, List<Device> devices, String target) {
  /**
   * A compute device.
   *
   * @param name in words
   * @param kind cpu or cuda
   * @param memoryBytes memory in bytes
   */
  public record Device(String name, String kind, long memoryBytes) {}

  /** An identity; the list is copied. */
  public WorkerIdentity {
    if (slots < 1) {
      throw new IllegalArgumentException("a worker needs at least 1 slot, but was given " + slots);
    }
    devices = List.copyOf(devices);
  }
}
