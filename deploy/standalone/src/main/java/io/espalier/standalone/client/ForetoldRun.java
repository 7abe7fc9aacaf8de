package io.espalier.standalone.client;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.event.ModelRegistered;
import io.espalier.event.Run;
import io.espalier.standalone.model.StageForesight;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Result of a registration by a policy that is for the model.
 *
 * @param verdict the policy, all of whose conditions hold
 * @param runId the run that carries it out
 * @param run the same as it stands, if it is there already
 * @param outcome what becomes of the run
 * @param foresight whether its first stage would begin
 */
record ForetoldRun(
    PolicyVerdict verdict,
    String runId,
    Optional<Run> run,
    RunOutcome outcome,
    StageForesight foresight) {

  /** Effect of a registration on a run. */
  enum RunOutcome {
    /** It is new. */
    BEGINS,
    /** It goes on as it is. */
    GOES_ON,
    /** It has published, and nothing is done again. */
    STAYS_PUBLISHED,
    /** It has ended without a pruned model; only a retry changes that. */
    STAYS_ENDED,
    /** It had ended without a pruned model, and begins anew, since the registration differs. */
    BEGINS_ANEW;

    /**
     * Returns what becomes of a run.
     *
     * @param run as it stands, if it is there
     * @param same whether the same was registered before
     */
    static RunOutcome of(Optional<Run> run, boolean same) {
      return run.map(
              known ->
                  switch (known.getState()) {
                    case PLANNED, QUEUED, DISPATCHED, RUNNING, BACKING_OFF -> GOES_ON;
                    case PUBLISHED -> STAYS_PUBLISHED;
                    case REJECTED, FAILED, CANCELLED -> same ? STAYS_ENDED : BEGINS_ANEW;
                  })
          .orElse(BEGINS);
    }
  }

  /** In words, with what to do where nothing happens by itself. */
  String words() {
    return switch (outcome) {
      case BEGINS -> "begins";
      case GOES_ON -> "goes on (%s)".formatted(state());
      case STAYS_PUBLISHED -> "has published already; nothing is done again";
      case STAYS_ENDED ->
          "has ended as %s; nothing is done again (`espalier runs retry %s` runs it again)"
              .formatted(state(), Runs.shortId(runId));
      case BEGINS_ANEW -> "had ended as %s and begins anew".formatted(state());
    };
  }

  private String state() {
    return run.map(known -> Events.lower(known.getState()).replace('_', ' ')).orElse("unknown");
  }

  /**
   * Returns what is known to stand in the way, and which of the data that were given are not used.
   */
  List<String> warnings(ModelRegistered event, PoolReadiness pools) {
    List<String> warnings = new ArrayList<>();
    String subject = "policy '%s': ".formatted(verdict.name());
    pools.problem(verdict.event().getPool()).ifPresent(problem -> warnings.add(subject + problem));
    new TreeMap<>(event.getDatasets())
        .forEach(
            (role, given) -> {
              String fixed = verdict.event().getData().getOrDefault(role, given);
              if (!fixed.equals(given)) {
                warnings.add(
                    subject
                        + "the data '%s' that was given is not used, since the policy fixes %s"
                            .formatted(role, fixed));
              }
            });
    foresight.reasons().forEach(reason -> warnings.add(subject + foretold() + reason));
    return warnings;
  }

  private String foretold() {
    return foresight.verdict() == StageForesight.Verdict.INFEASIBLE
        ? "will be rejected: "
        : "would be rejected by a worker that sees what this machine sees: ";
  }

  /** All of it for programs. */
  ObjectNode json(RegistrationOutlook.State system) {
    ObjectNode json =
        JsonNodeFactory.instance
            .objectNode()
            .put("policy", verdict.name())
            .put("generation", verdict.policy().generation())
            .put("runId", runId)
            .put("outcome", Events.lower(outcome))
            .put("pool", verdict.event().getPool())
            .put("workers", system.pools().workersOf(verdict.event().getPool()))
            .put("foresight", Events.lower(foresight.verdict()));
    foresight.reasons().forEach(json.putArray("reasons")::add);
    var took = json.putArray("earlierSeconds");
    system.costs().of(verdict.name()).forEach(time -> took.add(time.toMillis() / 1_000.0));
    return json;
  }
}
