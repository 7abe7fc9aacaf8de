package io.espalier.streams.wire;

import io.espalier.event.StageEvent;
import io.espalier.event.StageFailed;
import io.espalier.event.StageProgressed;
import io.espalier.event.StageStarted;
import io.espalier.event.StageSucceeded;
import io.espalier.schemas.DeadLetter;
import io.espalier.schemas.FactsMapping;
import io.espalier.schemas.KindNames;
import io.espalier.streams.domain.RefusedException;
import io.espalier.streams.domain.model.Artifact;
import io.espalier.streams.domain.run.RunEvent.Reported;
import io.espalier.streams.domain.run.RunEvent.Reporter;
import io.espalier.streams.domain.stage.FailureKind;
import io.espalier.streams.domain.stage.Metric;
import io.espalier.streams.domain.stage.StageAttempt;
import io.espalier.streams.domain.stage.StageCost;
import io.espalier.streams.domain.stage.StageOutcome;
import io.espalier.streams.domain.stage.StageProgress;
import io.espalier.streams.domain.stage.StageReport;
import io.espalier.streams.domain.stage.WorkerReport;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Reports of workers. */
final class ReportMapping {
  private ReportMapping() {}

  static Reported fromAvro(StageEvent event) {
    return new Reported(
        new StageAttempt(event.getStageIndex(), event.getAttempt()),
        new Reporter(event.getWorkerId(), event.getToken()),
        report(event));
  }

  private static WorkerReport report(StageEvent event) {
    Object detail = event.getDetail();
    if (detail instanceof StageStarted started) {
      return new WorkerReport.Started(started.getDelivery(), started.getDevice());
    } else if (detail instanceof StageProgressed progressed) {
      return new WorkerReport.Progressed(fromAvro(progressed));
    } else if (detail instanceof StageSucceeded succeeded) {
      return success(succeeded);
    } else if (detail instanceof StageFailed failed) {
      return new WorkerReport.Failed(
          kind(failed.getKind()), DeadLetter.shortened(failed.getMessage()), failed.getRetryable());
    }
    throw new RefusedException(
        "stage event of run '%s'".formatted(event.getRunId()),
        List.of("its detail is of an unknown kind, %s".formatted(detail)));
  }

  private static WorkerReport success(StageSucceeded succeeded) {
    long size = ReportSize.of(succeeded.getReport());
    if (size > ReportSize.MOST) {
      return new WorkerReport.Failed(
          FailureKind.INTERNAL,
          "the worker's report of the stage has %,d characters, at most %,d are taken"
              .formatted(size, ReportSize.MOST),
          false);
    }
    Artifact output = ModelMapping.fromAvro(succeeded.getOutput());
    boolean listed = ReportSize.of(succeeded.getOutput()) <= ReportSize.MOST_FILES;
    return new WorkerReport.Succeeded(
        listed ? output : output.unlisted(), fromAvro(succeeded.getReport()));
  }

  static StageProgress fromAvro(StageProgressed progressed) {
    return new StageProgress(
        progressed.getPhase(),
        progressed.getDone(),
        progressed.getTotal(),
        Optional.ofNullable(progressed.getEtaMillis()).map(Duration::ofMillis),
        progressed.getValues());
  }

  static StageProgressed toAvro(StageProgress progress) {
    return new StageProgressed(
        progress.phase(),
        progress.done(),
        progress.total(),
        progress.eta().map(Duration::toMillis).orElse(null),
        progress.values());
  }

  static StageOutcome fromAvro(io.espalier.event.StageOutcome outcome) {
    return new StageOutcome(
        PolicyMapping.kind(outcome.getKind(), outcome.getKindName()),
        outcome.getAttempts(),
        ModelMapping.fromAvro(outcome.getOutput()),
        fromAvro(outcome.getReport()));
  }

  static io.espalier.event.StageOutcome toAvro(StageOutcome outcome) {
    return new io.espalier.event.StageOutcome(
        KindNames.symbol(outcome.kind().name()),
        outcome.attempts(),
        ModelMapping.toAvro(outcome.output()),
        toAvro(outcome.report()),
        KindNames.beside(outcome.kind().name()));
  }

  static io.espalier.event.Metric toAvro(Metric metric) {
    return new io.espalier.event.Metric(
        metric.name(),
        metric.unit(),
        ModelMapping.nullable(metric.before()),
        ModelMapping.nullable(metric.after()),
        metric.higherIsBetter(),
        metric.dataset().orElse(null),
        ModelMapping.nullable(metric.samples()));
  }

  static Metric fromAvro(io.espalier.event.Metric metric) {
    return new Metric(
        metric.getName(),
        metric.getUnit(),
        ModelMapping.optional(metric.getBefore()),
        ModelMapping.optional(metric.getAfter()),
        metric.getHigherIsBetter(),
        Optional.ofNullable(metric.getDataset()),
        ModelMapping.optional(metric.getSamples()));
  }

  private static StageReport fromAvro(io.espalier.event.StageReport report) {
    io.espalier.event.StageCost cost = report.getCost();
    return new StageReport(
        report.getAlgorithm(),
        report.getAlgorithmVersion(),
        report.getChange(),
        report.getMetrics().stream().map(ReportMapping::fromAvro).toList(),
        report.getLoadsIn(),
        new StageCost(
            Duration.ofMillis(cost.getWallMillis()),
            cost.getDevice(),
            ModelMapping.optional(cost.getPeakMemoryBytes()),
            cost.getCached()),
        Optional.ofNullable(report.getForecast()).map(ForecastMapping::fromAvro),
        FactsMapping.fromAvro(report.getFacts()));
  }

  private static io.espalier.event.StageReport toAvro(StageReport report) {
    return new io.espalier.event.StageReport(
        report.algorithm(),
        report.algorithmVersion(),
        report.change(),
        report.metrics().stream().map(ReportMapping::toAvro).toList(),
        report.loadsIn(),
        new io.espalier.event.StageCost(
            report.cost().wall().toMillis(),
            report.cost().device(),
            ModelMapping.nullable(report.cost().peakMemoryBytes()),
            report.cost().cached()),
        report.forecast().map(ForecastMapping::toAvro).orElse(null),
        FactsMapping.toAvro(report.facts()));
  }

  private static FailureKind kind(io.espalier.event.FailureKind kind) {
    return switch (kind) {
      case INVALID_INPUT -> FailureKind.INVALID_INPUT;
      case INFEASIBLE -> FailureKind.INFEASIBLE;
      case CANCELLED -> FailureKind.CANCELLED;
      case RESOURCE -> FailureKind.RESOURCE;
      case DEADLINE -> FailureKind.DEADLINE;
      case INTERNAL -> FailureKind.INTERNAL;
    };
  }
}
