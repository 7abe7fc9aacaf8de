package io.espalier.streams.topology;

import io.espalier.streams.domain.run.RunSettings;
import java.time.Duration;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Facts about the installation for the topology.
 *
 * @param partitions partitions of the keyed topics, the internal ones included
 * @param timerInterval how often timers are looked at
 * @param runs what is the same for every run
 * @param outside what the topology asks the world outside
 */
public record TopologySettings(
    int partitions, Duration timerInterval, RunSettings runs, Outside outside) {
  /**
   * Queries of the running topology to the world outside. The answers must be at hand: a step that
   * waits holds up a transaction.
   *
   * @param poolHasTopic whether commands can be sent to a pool
   * @param inputs times of what is read, by the clock of this process
   * @param earlier registrations that were processed before a task began
   * @param tokens random tokens
   */
  public record Outside(
      Predicate<String> poolHasTopic,
      InputTimes inputs,
      RecentRegistrations.Source earlier,
      Supplier<String> tokens) {}
}
