package io.espalier.standalone.client;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.event.ModelRejected;
import io.espalier.event.RejectionReason;
import io.espalier.event.Run;
import io.espalier.event.RunState;
import io.espalier.standalone.client.topic.Cluster;
import io.espalier.standalone.client.topic.TopicReader;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * End of a run that was waited for.
 *
 * @param runId the run
 * @param run its last state, if it has appeared
 * @param reason why it was rejected, if it was
 */
record RunEnd(String runId, Optional<Run> run, Optional<RejectionReason> reason) {
  private static final int PUBLISHED = 0;
  private static final int FAILED = 1;
  private static final int INVALID = 3;
  private static final int INFEASIBLE = 4;
  private static final int GATE_FAILED = 5;
  private static final int NOT_IN_TIME = 7;

  /** Of several ends the first of these is told. */
  private static final List<Integer> WORST_FIRST =
      List.of(FAILED, INVALID, INFEASIBLE, GATE_FAILED, NOT_IN_TIME, PUBLISHED);

  /** The reasons are announced in the same transaction as the ends. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** The ends of runs, with reasons as they were announced. */
  static List<RunEnd> of(Cluster cluster, Collection<String> ids, Map<String, Run> runs) {
    Set<String> rejected =
        runs.values().stream()
            .filter(run -> run.getState() == RunState.REJECTED)
            .map(Run::getRunId)
            .collect(Collectors.toSet());
    Map<String, RejectionReason> reasons = reasons(cluster, rejected);
    return ids.stream()
        .map(
            id ->
                new RunEnd(
                    id, Optional.ofNullable(runs.get(id)), Optional.ofNullable(reasons.get(id))))
        .toList();
  }

  private static Map<String, RejectionReason> reasons(Cluster cluster, Set<String> rejected) {
    Map<String, RejectionReason> reasons = new HashMap<>();
    if (rejected.isEmpty()) {
      return reasons;
    }
    long end = System.nanoTime() + PATIENCE.toNanos();
    try (TopicReader<ModelRejected> reader = cluster.read(cluster.topics().modelRejected())) {
      while ((!reader.caughtUp() || !reasons.keySet().containsAll(rejected))
          && System.nanoTime() < end) {
        reader
            .poll()
            .forEach(
                entry ->
                    entry
                        .value()
                        .filter(event -> rejected.contains(event.getRunId()))
                        .ifPresent(event -> reasons.put(event.getRunId(), event.getReason())));
      }
    }
    return reasons;
  }

  /** The exit code of the ends of several runs. */
  static int exitCode(List<RunEnd> ends) {
    return WORST_FIRST.stream()
        .filter(code -> ends.stream().anyMatch(end -> end.exitCode() == code))
        .findFirst()
        .orElse(PUBLISHED);
  }

  /**
   * 0 published, 5 a gate failed, 4 infeasible, 3 invalid, 7 not at its end in time, 1 all else.
   */
  int exitCode() {
    if (run.isEmpty()) {
      return NOT_IN_TIME;
    }
    return switch (run.get().getState()) {
      case PUBLISHED -> PUBLISHED;
      case REJECTED -> ofRejection(run.get());
      case FAILED, CANCELLED -> FAILED;
      case PLANNED, QUEUED, DISPATCHED, RUNNING, BACKING_OFF -> NOT_IN_TIME;
    };
  }

  private int ofRejection(Run rejected) {
    boolean missedGate = rejected.getGates().stream().anyMatch(gate -> !gate.getPassed());
    return switch (reason.orElse(missedGate ? RejectionReason.GATE : RejectionReason.FAILED)) {
      case GATE -> GATE_FAILED;
      case INFEASIBLE -> INFEASIBLE;
      case INVALID -> INVALID;
      case FAILED, CANCELLED -> FAILED;
    };
  }

  /** In words. */
  String words() {
    if (run.isEmpty()) {
      return "run %s did not begin in time; does a coordinator (`espalier streams`) run?"
          .formatted(runId);
    }
    Run last = run.get();
    var artifact = last.getArtifact();
    String state = Events.lower(last.getState()).replace('_', ' ');
    String more =
        artifact != null
            ? " " + artifact.getUri()
            : Optional.ofNullable(last.getReason()).map(": "::concat).orElse("");
    return exitCode() == NOT_IN_TIME
        ? "run %s is not at its end in time: %s%s".formatted(runId, state, more)
        : "run %s: %s%s".formatted(runId, state, more) + help(last);
  }

  /**
   * Returns what helps after a gate failed: the budget that is foretold to pass, and the report.
   */
  private String help(Run last) {
    if (exitCode() != GATE_FAILED) {
      return "";
    }
    return RunView.forecast(last).map("\n  "::concat).orElse("")
        + RunView.report(last).map("\n  report "::concat).orElse("");
  }

  /** The same for programs. */
  ObjectNode json() {
    ObjectNode json =
        JsonNodeFactory.instance.objectNode().put("runId", runId).put("exitCode", exitCode());
    run.ifPresent(last -> json.set("run", Events.json(last)));
    reason.ifPresent(why -> json.put("reason", Events.lower(why)));
    return json;
  }
}
