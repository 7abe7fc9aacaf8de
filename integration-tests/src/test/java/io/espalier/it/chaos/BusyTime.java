package io.espalier.it.chaos;

import io.espalier.event.StageEvent;
import io.espalier.event.StageFailed;
import io.espalier.event.StageProgressed;
import io.espalier.event.StageStarted;
import io.espalier.event.StageSucceeded;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Busy time of workers, by their own reports, and idle time of stages after their worker had gone.
 *
 * <p>A spell begins with a {@code StageStarted} and lasts to the last report of that worker on that
 * attempt before it starts it again. A worker that works reports every second; a longer gap counts
 * for {@link #LONGEST_GAP} only, since a worker that is frozen occupies nothing, unless the steps
 * that were done meanwhile took longer.
 */
final class BusyTime {
  static final Duration LONGEST_GAP = Duration.ofSeconds(3);

  /** Hold of a worker on an attempt between starts. */
  private record Holder(String runId, int stageIndex, int attempt, String workerId) {
    static Holder of(StageEvent event) {
      return new Holder(
          event.getRunId(), event.getStageIndex(), event.getAttempt(), event.getWorkerId());
    }
  }

  /** A worker's reports from one start to its last word. */
  private static final class Spell {
    private final List<StageEvent> reports = new ArrayList<>();

    private Instant begin() {
      return reports.get(0).getAt();
    }

    private Instant end() {
      return reports.get(reports.size() - 1).getAt();
    }

    /**
     * Returns whether the worker said itself that it is done; otherwise it died or lost the work.
     */
    private boolean isClosed() {
      Object last = reports.get(reports.size() - 1).getDetail();
      return last instanceof StageSucceeded || last instanceof StageFailed;
    }

    private Duration busy() {
      Duration busy = Duration.ZERO;
      for (int i = 1; i < reports.size(); i++) {
        busy = busy.plus(worked(reports.get(i - 1), reports.get(i)));
      }
      return busy;
    }

    private static Duration worked(StageEvent before, StageEvent after) {
      Duration gap = Duration.between(before.getAt(), after.getAt());
      if (gap.compareTo(LONGEST_GAP) <= 0) {
        return gap.isNegative() ? Duration.ZERO : gap;
      }
      Duration steps = Duration.ofMillis(SlowStage.STEP_MILLIS * (done(after) - done(before)));
      return steps.compareTo(LONGEST_GAP) > 0 ? steps : LONGEST_GAP;
    }

    private static long done(StageEvent event) {
      return event.getDetail() instanceof StageProgressed at && at.getPhase().equals("working")
          ? at.getDone()
          : 0;
    }
  }

  private final Map<String, List<Spell>> spellsByRun = new LinkedHashMap<>();

  /** Sorts reports into spells; those of one run must be in the order of their topic. */
  static BusyTime of(List<StageEvent> events) {
    var time = new BusyTime();
    Map<Holder, Spell> open = new LinkedHashMap<>();
    for (StageEvent event : events) {
      Holder holder = Holder.of(event);
      if (event.getDetail() instanceof StageStarted || !open.containsKey(holder)) {
        var spell = new Spell();
        open.put(holder, spell);
        time.spellsByRun.computeIfAbsent(event.getRunId(), run -> new ArrayList<>()).add(spell);
      }
      open.get(holder).reports.add(event);
    }
    return time;
  }

  /** All of it. */
  Duration total() {
    return spellsByRun.values().stream()
        .flatMap(List::stream)
        .map(Spell::busy)
        .reduce(Duration.ZERO, Duration::plus);
  }

  /** Returns how often work began. */
  int starts() {
    return spellsByRun.values().stream().mapToInt(List::size).sum();
  }

  /**
   * From the last word of a worker that went without a farewell to the next start of its run by
   * anybody, the shortest first. A worker's last word is up to a second before its end.
   */
  List<Duration> redeliveries() {
    List<Duration> redeliveries = new ArrayList<>();
    for (List<Spell> spells : spellsByRun.values()) {
      List<Spell> inTime = new ArrayList<>(spells);
      inTime.sort(Comparator.comparing(Spell::begin));
      for (int i = 1; i < inTime.size(); i++) {
        Spell before = inTime.get(i - 1);
        if (!before.isClosed() && !before.end().isAfter(inTime.get(i).begin())) {
          redeliveries.add(Duration.between(before.end(), inTime.get(i).begin()));
        }
      }
    }
    redeliveries.sort(Comparator.naturalOrder());
    return redeliveries;
  }
}
