package io.espalier.streams.topology;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * Times to look at runs again, in the order of time: one time for each run. Kept in memory and made
 * anew from the runs when a task begins.
 */
final class RunTimers {
  private record Timer(Instant at, String runId) implements Comparable<Timer> {
    @Override
    public int compareTo(Timer other) {
      int byTime = at.compareTo(other.at);
      return byTime != 0 ? byTime : runId.compareTo(other.runId);
    }
  }

  private final NavigableSet<Timer> inOrder = new TreeSet<>();
  private final Map<String, Timer> byRun = new HashMap<>();

  /** Sets a run's time, in place of the one it had. */
  void set(String runId, Instant at) {
    clear(runId);
    Timer timer = new Timer(at, runId);
    byRun.put(runId, timer);
    inOrder.add(timer);
  }

  void clear(String runId) {
    Timer timer = byRun.remove(runId);
    if (timer != null) {
      inOrder.remove(timer);
    }
  }

  /** Returns the runs whose time has come, the earliest first. Their times stay. */
  List<String> due(Instant now, int atMost) {
    List<String> due = new ArrayList<>();
    for (Timer timer : inOrder) {
      if (due.size() == atMost || timer.at().isAfter(now)) {
        break;
      }
      due.add(timer.runId());
    }
    return due;
  }
}
