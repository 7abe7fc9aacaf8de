package io.espalier.streams.domain.run;

import java.util.List;

/**
 * What became of a run by an event.
 *
 * @param run the run now
 * @param changes the states it passed through, in order, the last being {@code run}; empty if the
 *     event changed nothing
 * @param effects what is asked of the world outside, in order
 */
public record Decision(Run run, List<Run> changes, List<Effect> effects) {
  public Decision {
    changes = List.copyOf(changes);
    effects = List.copyOf(effects);
  }

  static Decision unchanged(Run run) {
    return new Decision(run, List.of(), List.of());
  }

  static Decision changed(Run run, Effect... effects) {
    return new Decision(run, List.of(run), List.of(effects));
  }

  /** Whether the event changed anything. */
  public boolean changed() {
    return !changes.isEmpty();
  }
}
