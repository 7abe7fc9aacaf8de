package io.espalier.streams.topology;

import io.espalier.streams.domain.model.Model;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * The registrations of the last minutes in one partition.
 *
 * <p>Policies come by another way than registrations. One that was applied just before a model was
 * registered may become known here just after; then the model is looked at again.
 */
public final class RecentRegistrations {
  /** Time for which a registration is rechecked: far longer than a policy takes to get here. */
  static final Duration KEPT = Duration.ofMinutes(5);

  private static final int MOST = 10_000;

  /**
   * A registration.
   *
   * @param model the model
   * @param at the time of its record
   * @param trace its W3C trace context, as its header has it; empty if it has none
   */
  public record Registered(Model model, Instant at, String trace) {}

  /** Reads registrations that an earlier life of this task has processed. */
  @FunctionalInterface
  public interface Source {
    /** Returns those of a partition since a time. */
    List<Registered> read(int partition, Instant since);
  }

  /** A registration and when it came, by the clock of this process: its own time is another's. */
  private record Kept(Registered registered, Instant cameAt) {}

  private final Deque<Kept> registrations = new ArrayDeque<>();

  void add(Registered registered, Instant now) {
    registrations.addLast(new Kept(registered, now));
    while (registrations.size() > MOST
        || registrations.getFirst().cameAt().isBefore(now.minus(KEPT))) {
      registrations.removeFirst();
    }
  }

  /** Returns those that were registered at a time or later. */
  List<Registered> since(Instant time) {
    return registrations.stream()
        .map(Kept::registered)
        .filter(each -> !each.at().isBefore(time))
        .toList();
  }
}
