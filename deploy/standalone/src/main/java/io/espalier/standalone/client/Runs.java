package io.espalier.standalone.client;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.event.Run;
import io.espalier.event.RunState;
import io.espalier.schemas.RegistryUnavailableException;
import io.espalier.standalone.report.Narration;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TextTable;
import io.espalier.worker.domain.InvalidInputException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The runs of a system as people see them. */
public final class Runs {
  private static final Set<RunState> FINAL =
      Set.of(RunState.PUBLISHED, RunState.REJECTED, RunState.FAILED, RunState.CANCELLED);
  private static final int GATE_FAILED = 5;
  private static final int FAILED = 1;

  private Runs() {}

  /** Whether nothing will happen to a run any more. */
  public static boolean isFinal(Run run) {
    return FINAL.contains(run.getState());
  }

  /** All runs, or those of one model, in the order of their beginning. */
  public static Result list(Address address, Optional<String> model) {
    List<Run> runs;
    try (Cluster cluster = Cluster.connect(address).requireSetUp()) {
      runs =
          cluster.latest(cluster.topics().runs()).values().stream()
              .filter(run -> model.map(run.getModelName()::equals).orElse(true))
              .sorted(Comparator.comparing(Run::getCreatedAt).thenComparing(Run::getRunId))
              .toList();
    }
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    var nodes = json.putArray("runs");
    var table = new TextTable("run", "model", "policy", "state", "stage", "attempt", "updated");
    for (Run run : runs) {
      nodes.add(Events.json(run));
      table.row(
          shortId(run),
          run.getModelName() + "@" + run.getModelVersion(),
          run.getPolicyName() + "#" + run.getPolicyGeneration(),
          Events.lower(run.getState()),
          "%d of %d"
              .formatted(
                  Math.min(run.getStageIndex() + 1, run.getStageCount()), run.getStageCount()),
          Integer.toString(run.getAttempt()),
          run.getUpdatedAt().toString());
    }
    return Result.of(json, table.toString());
  }

  /** One run. */
  public static Result show(Address address, String id) {
    try (Cluster cluster = Cluster.connect(address).requireSetUp()) {
      return result(find(cluster.latest(cluster.topics().runs()), id));
    }
  }

  /**
   * Follows a run to its end.
   *
   * @return exit code 5 if a gate rejected it, 1 if it failed or did not end in time
   */
  public static Result watch(Address address, String id, Duration limit, Narration narration) {
    try (Cluster cluster = Cluster.connect(address).requireSetUp();
        TopicReader<Run> reader = cluster.read(cluster.topics().runs())) {
      Run run = follow(reader, known -> Optional.of(find(known, id)), limit, narration);
      return ended(run);
    }
  }

  /** A run that has ended, with exit code 5 if a gate rejected it and 1 if it failed. */
  public static Result ended(Run run) {
    int code =
        switch (run.getState()) {
          case PUBLISHED, CANCELLED -> 0;
          case REJECTED -> GATE_FAILED;
          case FAILED, PLANNED, QUEUED, DISPATCHED, RUNNING, BACKING_OFF -> FAILED;
        };
    return result(run).withExitCode(code);
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

  /** Who follows a run has time to wait for a registry that comes back. */
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

  static Run find(Map<String, Run> runs, String id) {
    List<Run> found = runs.values().stream().filter(run -> run.getRunId().startsWith(id)).toList();
    if (found.size() != 1) {
      throw new InvalidInputException(
          found.isEmpty()
              ? "there is no run '%s' among %d; see `espalier runs list`".formatted(id, runs.size())
              : "'%s' begins the ids of %d runs; give more of it".formatted(id, found.size()));
    }
    return found.get(0);
  }

  private static Result result(Run run) {
    return Result.of(Events.json(run), RunText.of(run, Instant.now()));
  }

  static String shortId(Run run) {
    return shortId(run.getRunId());
  }

  static String shortId(String run) {
    return run.substring(0, Math.min(12, run.length()));
  }
}
