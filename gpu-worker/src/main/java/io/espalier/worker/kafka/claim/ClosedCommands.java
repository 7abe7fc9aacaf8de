package io.espalier.worker.kafka.claim;

import io.espalier.event.ClosedAttempts;
import io.espalier.event.StageCommand;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Commands that nobody awaits any more, as far as this worker has been told: of each run the
 * highest sequence that was closed, and when.
 *
 * <p>It remembers every run of the topic, so a run takes 24 bytes (twice that while the table is
 * half full): a million runs take less than 50 MB. Runs are told apart by 64 bits; of a million,
 * two share them once in 37 million times, and then a command would be refused that is awaited.
 * Reasons are remembered for the runs closed last only.
 */
final class ClosedCommands {
  /** Longer reasons are cut: people's own words are part of them. */
  static final int REASON_CHARACTERS = 500;

  private static final int REMEMBERED = 10_000;
  private static final int FIRST_CAPACITY = 1 << 10;

  private long[] runs = new long[FIRST_CAPACITY];
  private long[] sequences = new long[FIRST_CAPACITY];
  private long[] times = new long[FIRST_CAPACITY];
  private int size;
  private final Map<String, String> reasons = new Recent<>();

  /** The one command of a closed range that goes on: of few runs, and not for long. */
  private final Map<String, Long> exceptions = new Recent<>();

  /** Takes note; what is known already stays as it is. */
  synchronized void add(ClosedAttempts closed) {
    int place = place(runs, key(closed.getRunId()));
    if (runs[place] != 0 && sequences[place] > closed.getSequence()) {
      return; // an older record, read late
    }
    if (runs[place] == 0) {
      size++;
    }
    runs[place] = key(closed.getRunId());
    sequences[place] = closed.getSequence();
    times[place] = closed.getAt().toEpochMilli();
    reasons.remove(closed.getRunId());
    reasons.put(closed.getRunId(), cut(closed.getReason()));
    exceptions.remove(closed.getRunId());
    if (closed.getExcept() != null) {
      exceptions.put(closed.getRunId(), closed.getExcept());
    }
    if (2 * size > runs.length) {
      grow();
    }
  }

  /**
   * Returns why a command must not be worked on, if it is closed.
   *
   * <p>Commands of older coordinators have no sequence: sequence 0 is below any that was closed.
   * Yet a coordinator that was set back to an older version may open such a run again. So a command
   * without a sequence is closed only by what was closed after it had been issued.
   */
  synchronized Optional<String> reason(StageCommand command) {
    int place = place(runs, key(command.getRunId()));
    if (runs[place] == 0) {
      return Optional.empty();
    }
    boolean closed =
        command.getSequence() > 0
            ? command.getSequence() <= sequences[place]
                && exceptions.getOrDefault(command.getRunId(), -1L) != command.getSequence()
            : command.getIssuedAt().toEpochMilli() <= times[place];
    return closed
        ? Optional.of(
            reasons.getOrDefault(
                command.getRunId(), "closed by the coordinator; 'espalier runs show' says why"))
        : Optional.empty();
  }

  private void grow() {
    int capacity = 2 * runs.length;
    long[] largerRuns = new long[capacity];
    long[] largerSequences = new long[capacity];
    long[] largerTimes = new long[capacity];
    for (int i = 0; i < runs.length; i++) {
      if (runs[i] != 0) {
        int place = place(largerRuns, runs[i]);
        largerRuns[place] = runs[i];
        largerSequences[place] = sequences[i];
        largerTimes[place] = times[i];
      }
    }
    runs = largerRuns;
    sequences = largerSequences;
    times = largerTimes;
  }

  /**
   * Returns where a run is, or would be: the first place from its own on that is its or nobody's.
   */
  private static int place(long[] runs, long key) {
    int mask = runs.length - 1;
    int place = (int) (key ^ (key >>> 32)) & mask;
    while (runs[place] != 0 && runs[place] != key) {
      place = (place + 1) & mask;
    }
    return place;
  }

  /** FNV-1a, 64 bits, with a last mixing; never 0, which marks an empty place. */
  private static long key(String runId) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < runId.length(); i++) {
      hash = (hash ^ runId.charAt(i)) * 0x100000001b3L;
    }
    hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    hash ^= hash >>> 33;
    return hash == 0 ? 1 : hash;
  }

  private static String cut(String reason) {
    return reason.length() <= REASON_CHARACTERS
        ? reason
        : reason.substring(0, REASON_CHARACTERS) + "...";
  }

  /** Facts on the runs that were told of last. */
  private static final class Recent<V> extends LinkedHashMap<String, V> {
    private static final long serialVersionUID = 1L;

    @Override
    protected boolean removeEldestEntry(Map.@Nullable Entry<String, V> eldest) {
      return size() > REMEMBERED;
    }
  }
}
