package io.espalier.standalone.client;

import io.espalier.event.Run;
import io.espalier.schemas.RegistryUnavailableException;
import io.espalier.standalone.client.topic.TopicReader;
import io.espalier.standalone.report.Narration;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Waits for runs to end, and tells how they go on.
 *
 * <p>It is made, and has read what there is, before what begins the runs is published. So it can
 * tell the end that a run had before from the one that is waited for.
 */
final class RunWait {
  private final Source source;
  private final Set<String> beginAnew;
  private final Narration narration;
  private final Map<String, RunFollower> followers = new HashMap<>();
  private final Map<String, Run> runs = new TreeMap<>();
  private final Set<String> open;

  /** Source of states of runs. */
  interface Source {
    /** The next ones; waits a moment if there are none. */
    List<TopicReader.Entry<Run>> poll();

    /** Returns whether everything has been read that was there when it was opened. */
    boolean caughtUp();
  }

  /**
   * A wait.
   *
   * @param ids the runs
   * @param beginAnew those whose end until now does not count
   */
  RunWait(Source source, Set<String> ids, Set<String> beginAnew, Narration narration) {
    this.source = source;
    this.beginAnew = Set.copyOf(beginAnew);
    this.narration = narration;
    open = new HashSet<>(ids);
    ids.forEach(id -> followers.put(id, new RunFollower(narration)));
    while (!source.caughtUp()) {
      poll().forEach(entry -> entry.value().ifPresent(this::takeEarlier));
    }
  }

  static Source source(TopicReader<Run> reader) {
    return new Source() {
      @Override
      public List<TopicReader.Entry<Run>> poll() {
        return reader.poll();
      }

      @Override
      public boolean caughtUp() {
        return reader.caughtUp();
      }
    };
  }

  /** Returns the last states that are known when all have ended or the time is over. */
  Map<String, Run> await(Duration limit) {
    long end = System.nanoTime() + limit.toNanos();
    while (!open.isEmpty() && System.nanoTime() < end) {
      poll().forEach(entry -> entry.value().ifPresent(this::take));
    }
    return Map.copyOf(runs);
  }

  private void takeEarlier(Run run) {
    if (!beginAnew.contains(run.getRunId())) {
      take(run);
    }
  }

  private void take(Run run) {
    RunFollower follower = followers.get(run.getRunId());
    if (follower == null) {
      return;
    }
    runs.put(run.getRunId(), run);
    follower.tell(run);
    if (Runs.isFinal(run)) {
      open.remove(run.getRunId());
    } else {
      open.add(run.getRunId());
    }
  }

  /** Returns who waits has time to wait for a registry that comes back. */
  private List<TopicReader.Entry<Run>> poll() {
    try {
      return source.poll();
    } catch (RegistryUnavailableException away) {
      narration.say("waiting: " + away.getMessage());
      return List.of();
    }
  }
}
