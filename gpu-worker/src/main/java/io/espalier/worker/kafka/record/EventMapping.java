package io.espalier.worker.kafka.record;

import io.espalier.event.Artifact;
import io.espalier.event.ArtifactFile;
import io.espalier.event.FailureKind;
import io.espalier.event.Metric;
import io.espalier.event.StageCommand;
import io.espalier.event.StageCost;
import io.espalier.event.StageReport;
import io.espalier.gate.BudgetForecast;
import io.espalier.schemas.FactsMapping;
import io.espalier.schemas.KindNames;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.domain.InfeasibleException;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.stage.StageResult;
import io.espalier.worker.stage.StoppedException;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Between the worker's words and the published ones. */
public final class EventMapping {
  /** The most files that an event lists. */
  public static final int MOST_FILES = 1000;

  private EventMapping() {}

  public static StageKind kind(StageCommand command) {
    return new StageKind(KindNames.of(command.getKind(), command.getKindName()));
  }

  /** An artifact with all its files. */
  public static Artifact artifact(URI uri, Manifest manifest) {
    return new Artifact(
        uri.toString(),
        manifest.rootDigest(),
        manifest.listingDigest(),
        manifest.bytes(),
        manifest.files().stream()
            .map(file -> new ArtifactFile(file.path(), file.bytes(), file.sha256()))
            .toList(),
        manifest.files().size(),
        null);
  }

  /** An artifact whose files are listed elsewhere. */
  public static Artifact artifact(URI uri, Manifest manifest, URI manifestUri) {
    return new Artifact(
        uri.toString(),
        manifest.rootDigest(),
        manifest.listingDigest(),
        manifest.bytes(),
        List.of(),
        manifest.files().size(),
        manifestUri.toString());
  }

  public static StageReport report(StageResult result, Optional<BudgetForecast> forecast) {
    var report = result.report();
    var cost =
        new StageCost(
            result.wallMillis(),
            report.device(),
            orNull(result.peakMemoryBytes()),
            result.cached());
    return new StageReport(
        report.algorithm(),
        report.algorithmVersion(),
        report.change(),
        report.metrics().stream().map(EventMapping::metric).toList(),
        report.loadsIn(),
        cost,
        forecast.map(GateMapping::toAvro).orElse(null),
        FactsMapping.toAvro(report.facts()));
  }

  public static FailureKind failureKind(WorkerException failure) {
    if (failure instanceof InvalidInputException) {
      return FailureKind.INVALID_INPUT;
    }
    if (failure instanceof InfeasibleException) {
      return FailureKind.INFEASIBLE;
    }
    if (failure instanceof ResourceException) {
      return FailureKind.RESOURCE;
    }
    if (failure instanceof StoppedException stopped) {
      return switch (stopped.reason()) {
        case CANCELLED -> FailureKind.CANCELLED;
        case STALLED, LEASE_LOST, CLOSING -> FailureKind.RESOURCE;
      };
    }
    return FailureKind.INTERNAL;
  }

  public static io.espalier.event.Device device(WorkerIdentity.Device device) {
    return new io.espalier.event.Device(
        device.name(), device.kind(), device.memoryBytes(), orNull(device.free().bytes()));
  }

  private static Metric metric(io.espalier.worker.domain.job.Metric metric) {
    return new Metric(
        metric.name(),
        metric.unit(),
        orNull(metric.before()),
        orNull(metric.after()),
        metric.higherIsBetter(),
        metric.dataset().orElse(null),
        orNull(metric.samples()));
  }

  static @Nullable Double orNull(OptionalDouble value) {
    return value.isPresent() ? value.getAsDouble() : null;
  }

  private static @Nullable Long orNull(OptionalLong value) {
    return value.isPresent() ? value.getAsLong() : null;
  }
}
