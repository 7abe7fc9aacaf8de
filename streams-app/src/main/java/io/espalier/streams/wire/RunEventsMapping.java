package io.espalier.streams.wire;

import io.espalier.event.ModelRejected;
import io.espalier.event.PrunedModel;
import io.espalier.event.RejectionReason;
import io.espalier.event.RunState;
import io.espalier.gate.BudgetForecast;
import io.espalier.gate.GateResult;
import io.espalier.streams.domain.model.ModelRef;
import io.espalier.streams.domain.policy.Gates;
import io.espalier.streams.domain.policy.Policy;
import io.espalier.streams.domain.run.Run;
import io.espalier.streams.domain.run.RunEnding;
import io.espalier.streams.domain.run.RunState.BackingOff;
import io.espalier.streams.domain.run.RunState.Ended;
import io.espalier.streams.domain.run.RunState.Queued;
import io.espalier.streams.domain.run.RunState.Running;
import io.espalier.streams.domain.stage.StageKind;
import io.espalier.streams.domain.stage.StageOutcome;
import java.util.List;
import java.util.Optional;

/** Runs as the world sees them. */
final class RunEventsMapping {
  private static final String REPORT = "report.html";

  private RunEventsMapping() {}

  static io.espalier.event.Run run(Run run) {
    io.espalier.event.Run view = new io.espalier.event.Run();
    view.setRunId(run.id().value());
    view.setModelName(run.plan().model().ref().name());
    view.setModelVersion(run.plan().model().ref().version());
    view.setPolicyName(run.policy().name());
    view.setPolicyGeneration(run.policy().generation());
    view.setTenant(run.plan().model().origin().tenant());
    view.setPool(run.policy().placement().pool());
    view.setState(state(run));
    view.setStageIndex(run.attempt().stageIndex());
    view.setStageCount(run.policy().stages().size());
    view.setAttempt(run.attempt().attempt());
    view.setStages(unlisted(run));
    view.setGates(PolicyMapping.toAvro(gates(run)));
    view.setCreatedAt(run.history().createdAt());
    view.setUpdatedAt(run.history().updatedAt());
    view.setStartedAt(run.history().startedAt().orElse(null));
    if (run.state() instanceof Queued queued) {
      view.setWaitingSince(queued.since());
    } else if (run.state() instanceof BackingOff backingOff) {
      view.setReason(backingOff.reason());
    } else if (run.state() instanceof Running running) {
      view.setWorkerId(running.workerId());
      view.setHeardAt(running.heardAt());
      view.setProgress(running.progress().map(ReportMapping::toAvro).orElse(null));
    } else if (run.state() instanceof Ended ended) {
      view.setReason(ended.message().isEmpty() ? null : ended.message());
      view.setArtifact(
          ended.ending() == RunEnding.PUBLISHED
              ? ModelMapping.toAvro(last(run).output().unlisted())
              : null);
    }
    return view;
  }

  static PrunedModel pruned(Run run) {
    ModelRef model = run.plan().model().ref();
    Policy policy = run.policy();
    PrunedModel event = new PrunedModel();
    event.setRunId(run.id().value());
    event.setModelName(model.name());
    event.setModelVersion(model.version());
    event.setPolicyName(policy.name());
    event.setPolicyGeneration(policy.generation());
    event.setTenant(run.plan().model().origin().tenant());
    event.setTask(run.plan().model().task());
    event.setArtifact(ModelMapping.toAvro(last(run).output()));
    event.setParent(ModelMapping.toAvro(run.plan().model().artifact()));
    event.setGeneration(run.plan().model().origin().generation() + 1);
    event.setStages(unlisted(run));
    event.setMetrics(Gates.metrics(run.outcomes()).stream().map(ReportMapping::toAvro).toList());
    event.setGates(PolicyMapping.toAvro(gates(run)));
    event.setLoadsIn(last(run).report().loadsIn());
    event.setPublishedAt(run.history().updatedAt());
    return event;
  }

  static ModelRejected rejected(Run run) {
    ModelRef model = run.plan().model().ref();
    Ended ended = (Ended) run.state();
    ModelRejected event = new ModelRejected();
    event.setRunId(run.id().value());
    event.setModelName(model.name());
    event.setModelVersion(model.version());
    event.setPolicyName(run.policy().name());
    event.setPolicyGeneration(run.policy().generation());
    event.setTenant(run.plan().model().origin().tenant());
    event.setReason(reason(ended.ending()));
    event.setMessage(ended.message());
    event.setMetrics(Gates.metrics(run.outcomes()).stream().map(ReportMapping::toAvro).toList());
    event.setGates(PolicyMapping.toAvro(ended.gates()));
    event.setForecast(forecast(run, ended).map(ForecastMapping::toAvro).orElse(null));
    event.setReportUri(reportUri(run).orElse(null));
    event.setRejectedAt(run.history().updatedAt());
    return event;
  }

  /** Returns what the last stage foretold; of a run that ends otherwise it tells nothing. */
  private static Optional<BudgetForecast> forecast(Run run, Ended ended) {
    return ended.ending() == RunEnding.MISSED_GATE
        ? last(run).report().forecast()
        : Optional.empty();
  }

  /** Returns where the page of the newest pruning lies, which its worker put into its output. */
  private static Optional<String> reportUri(Run run) {
    return run.outcomes().stream()
        .filter(outcome -> outcome.kind().equals(StageKind.PRUNE))
        .reduce((earlier, later) -> later)
        .map(pruned -> pruned.output().uri() + REPORT);
  }

  private static RunState state(Run run) {
    return run.state()
        .match(
            queued -> RunState.QUEUED,
            running -> RunState.RUNNING,
            backingOff -> RunState.BACKING_OFF,
            ended ->
                switch (ended.ending()) {
                  case PUBLISHED -> RunState.PUBLISHED;
                  case MISSED_GATE, INFEASIBLE, INVALID -> RunState.REJECTED;
                  case FAILED -> RunState.FAILED;
                  case CANCELLED -> RunState.CANCELLED;
                });
  }

  private static RejectionReason reason(RunEnding ending) {
    return switch (ending) {
      case MISSED_GATE -> RejectionReason.GATE;
      case INFEASIBLE -> RejectionReason.INFEASIBLE;
      case INVALID -> RejectionReason.INVALID;
      case FAILED -> RejectionReason.FAILED;
      case CANCELLED -> RejectionReason.CANCELLED;
      case PUBLISHED -> throw new IllegalArgumentException("a published run is not rejected");
    };
  }

  private static List<GateResult> gates(Run run) {
    return run.state() instanceof Ended ended ? ended.gates() : List.of();
  }

  /** The finished stages; a list of files may be long, and the result's is told once. */
  private static List<io.espalier.event.StageOutcome> unlisted(Run run) {
    return run.outcomes().stream()
        .map(
            outcome ->
                new StageOutcome(
                    outcome.kind(),
                    outcome.attempts(),
                    outcome.output().unlisted(),
                    outcome.report()))
        .map(ReportMapping::toAvro)
        .toList();
  }

  private static StageOutcome last(Run run) {
    return run.outcomes().get(run.outcomes().size() - 1);
  }
}
