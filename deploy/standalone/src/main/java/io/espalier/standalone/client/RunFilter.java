package io.espalier.standalone.client;

import io.espalier.event.Run;
import io.espalier.event.RunState;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * The runs that are asked for.
 *
 * @param states in one of these states; in any if empty
 * @param policy of this policy
 * @param model of this model, by name or as {@code NAME@VERSION}
 * @param since to which something has happened since then
 * @param limit at most so many, the newest
 */
public record RunFilter(
    Set<RunState> states,
    Optional<String> policy,
    Optional<String> model,
    Optional<Instant> since,
    int limit) {
  /** No more are listed at once than fit into the memory of a small client. */
  public static final int MOST = 10_000;

  public RunFilter {
    states = Set.copyOf(states);
  }

  /** Returns whether a run is asked for, were it new enough. */
  boolean accepts(Run run) {
    return (states.isEmpty() || states.contains(run.getState()))
        && policy.map(run.getPolicyName()::equals).orElse(true)
        && model.map(wanted -> isOf(run, wanted)).orElse(true)
        && since.map(time -> !lastChange(run).isBefore(time)).orElse(true);
  }

  /** Returns when something was last heard of a run. */
  private static Instant lastChange(Run run) {
    Instant heard = run.getHeardAt();
    return heard != null && heard.isAfter(run.getUpdatedAt()) ? heard : run.getUpdatedAt();
  }

  private static boolean isOf(Run run, String wanted) {
    return wanted.equals(run.getModelName())
        || wanted.equals(run.getModelName() + "@" + run.getModelVersion());
  }
}
