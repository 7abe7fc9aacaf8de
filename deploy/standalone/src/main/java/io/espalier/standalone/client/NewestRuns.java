package io.espalier.standalone.client;

import io.espalier.event.Run;
import io.espalier.standalone.client.topic.NewestSearch;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/** The newest runs that a filter lets pass, by the time of their beginning. */
final class NewestRuns implements NewestSearch<Run> {
  private static final Comparator<Run> OLDEST_FIRST =
      Comparator.comparing(Run::getCreatedAt).thenComparing(Run::getRunId);

  private final RunFilter filter;
  private final PriorityQueue<Run> kept = new PriorityQueue<>(OLDEST_FIRST);
  private boolean more;

  NewestRuns(RunFilter filter) {
    this.filter = filter;
  }

  @Override
  public void finds(String key, Run run) {
    if (filter.accepts(run)) {
      kept.add(run);
      if (kept.size() > filter.limit()) {
        kept.remove();
        more = true;
      }
    }
  }

  /**
   * A run is written when it begins and later, so one that has not been seen yet began earlier than
   * what has been reached.
   */
  @Override
  public boolean hasEnough(Instant reached) {
    return more && kept.element().getCreatedAt().isAfter(reached);
  }

  /** Those that were found, the newest last. */
  List<Run> runs() {
    return kept.stream().sorted(OLDEST_FIRST).toList();
  }

  /** Returns whether there are older ones that were left out. */
  boolean hasMore() {
    return more;
  }
}
