package io.espalier.standalone.client;

import io.espalier.event.Run;
import io.espalier.event.RunState;
import io.espalier.schemas.RegistryUnavailableException;
import io.espalier.standalone.client.topic.Address;
import io.espalier.standalone.client.topic.Cluster;
import io.espalier.standalone.client.topic.Portion;
import io.espalier.standalone.client.topic.TopicReader;
import io.espalier.standalone.client.topic.UnreachableException;
import io.espalier.standalone.report.Figures;
import io.espalier.standalone.report.Narration;
import io.espalier.standalone.report.Result;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The runs of a system as people see them. */
public final class Runs {
  /** Clocks of services and brokers differ by no more than that. */
  private static final Duration CLOCKS = Duration.ofMinutes(5);

  private static final Set<RunState> FINAL =
      Set.of(RunState.PUBLISHED, RunState.REJECTED, RunState.FAILED, RunState.CANCELLED);
  private static final int GATE_FAILED = 5;
  private static final int FAILED = 1;
  private static final int NOT_IN_TIME = 7;

  private Runs() {}

  /** Returns whether nothing will happen to a run any more. */
  public static boolean isFinal(Run run) {
    return FINAL.contains(run.getState());
  }

  /** Returns where records of a run are: since it began, and until it ended if it has. */
  static Portion written(Run run) {
    Portion begun = Portion.key(run.getRunId()).since(run.getCreatedAt().minus(CLOCKS));
    return isFinal(run) ? begun.until(run.getUpdatedAt().plus(CLOCKS)) : begun;
  }

  /** One run. */
  public static Result show(Address address, String id) {
    try (Cluster cluster = Cluster.connect(address).requireSetUp()) {
      Run run = RunSearch.find(cluster, id);
      return result(run, Circumstances.of(cluster, List.of(run)));
    }
  }

  /**
   * Follows a run to its end.
   *
   * @return exit code 5 if a gate rejected it, 1 if it failed, 7 if it did not end in time
   */
  public static Result watch(Address address, String id, Duration limit, Narration narration) {
    try (Cluster cluster = Cluster.connect(address).requireSetUp()) {
      Run found = RunSearch.find(cluster, id);
      String whole = found.getRunId();
      Circumstances.of(cluster, List.of(found)).unserved(found).ifPresent(narration::say);
      try (TopicReader<Run> reader = cluster.read(cluster.topics().runs(), written(found))) {
        Run run = follow(reader, known -> Optional.ofNullable(known.get(whole)), limit, narration);
        if (!isFinal(run)) {
          narration.say(
              "run %s has not ended within %s, which is --timeout; it goes on"
                  .formatted(shortId(run), Figures.brief(limit)));
        }
        return ended(run);
      }
    }
  }

  /**
   * A run that was waited for, with exit code 5 if a gate rejected it, 1 if it failed, and 7 if it
   * has not ended.
   */
  public static Result ended(Run run) {
    int code =
        switch (run.getState()) {
          case PUBLISHED, CANCELLED -> 0;
          case REJECTED -> GATE_FAILED;
          case FAILED -> FAILED;
          case PLANNED, QUEUED, DISPATCHED, RUNNING, BACKING_OFF -> NOT_IN_TIME;
        };
    return result(run, new Circumstances(Instant.now(), Set.of(run.getPool()))).withExitCode(code);
  }

  /** Finds the run that is meant among those known, if it is there yet. */
  @FunctionalInterface
  public interface Choice {
    /** The run, or empty to wait for it. */
    Optional<Run> of(Map<String, Run> known);
  }

  /**
   * Tells how a run goes on until it is final or the time is over.
   *
   * @return its last known state
   * @throws UnreachableException if it did not appear in time
   */
  public static Run follow(
      TopicReader<Run> reader, Choice choice, Duration limit, Narration narration) {
    var follower = new RunFollower(narration);
    var known = new TreeMap<String, Run>();
    var untold = new ArrayList<Run>();
    long end = System.nanoTime() + limit.toNanos();
    Optional<Run> run = Optional.empty();
    while (System.nanoTime() < end && !run.map(Runs::isFinal).orElse(false)) {
      for (TopicReader.Entry<Run> entry : poll(reader, narration)) {
        entry.value().ifPresent(value -> known.put(entry.key(), value));
        entry.value().ifPresent(untold::add);
      }
      // Only who has read everything knows whether a run is there.
      if (reader.caughtUp()) {
        run = choice.of(known);
        run.ifPresent(chosen -> tell(follower, chosen, untold));
      }
    }
    return run.orElseThrow(
        () ->
            new UnreachableException(
                "no run appeared within %d s; do coordinator (`espalier streams`) and worker (`espalier worker`) run, and does a policy match?"
                    .formatted(limit.toSeconds())));
  }

  /** Returns who follows a run has time to wait for a registry that comes back. */
  private static List<TopicReader.Entry<Run>> poll(TopicReader<Run> reader, Narration narration) {
    try {
      return reader.poll();
    } catch (RegistryUnavailableException away) {
      narration.say("waiting: " + away.getMessage());
      return List.of();
    }
  }

  private static void tell(RunFollower follower, Run chosen, List<Run> untold) {
    untold.stream()
        .filter(state -> state.getRunId().equals(chosen.getRunId()))
        .forEach(follower::tell);
    untold.clear();
  }

  private static Result result(Run run, Circumstances around) {
    var view = new RunView(run, around);
    return Result.of(view.json(), RunText.of(view)).withNames(List.of(run.getRunId()));
  }

  static String shortId(Run run) {
    return shortId(run.getRunId());
  }

  static String shortId(String run) {
    return run.substring(0, Math.min(12, run.length()));
  }
}
