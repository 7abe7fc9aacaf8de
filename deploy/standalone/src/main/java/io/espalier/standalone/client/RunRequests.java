package io.espalier.standalone.client;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.espalier.event.CancelRun;
import io.espalier.event.RetryRun;
import io.espalier.event.Run;
import io.espalier.event.RunRequest;
import io.espalier.schemas.CloudEvent;
import io.espalier.standalone.client.topic.Address;
import io.espalier.standalone.client.topic.Cluster;
import io.espalier.standalone.report.Result;
import io.espalier.worker.domain.InvalidInputException;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.apache.avro.specific.SpecificRecord;

/** Requests on runs. */
public final class RunRequests {
  private RunRequests() {}

  /**
   * Asks for a run to be stopped.
   *
   * @throws InvalidInputException if there is no such run, or it has ended
   */
  public static Result cancel(Address address, String id, String reason) {
    return ask(address, id, new Asked("cancel", "cancelled", new CancelRun(reason)));
  }

  /**
   * Asks for a run that did not publish to be run again, or for the next attempt of one that waits
   * to be made at once.
   *
   * @throws InvalidInputException if there is no such run, or it has published, or goes on
   */
  public static Result retry(Address address, String id, String reason) {
    return ask(address, id, new Asked("retry", "run again", new RetryRun(reason)));
  }

  /**
   * A request.
   *
   * @param name its name for programs
   * @param done what is asked for, in words
   * @param request the request itself
   */
  private record Asked(String name, String done, SpecificRecord request) {
    Optional<String> problem(Run run) {
      return request instanceof RetryRun ? noRetry(run) : noCancel(run);
    }
  }

  private static Result ask(Address address, String id, Asked asked) {
    try (Cluster cluster = Cluster.connect(address).requireSetUp()) {
      Run run = RunSearch.find(cluster, id);
      asked
          .problem(run)
          .ifPresent(
              problem -> {
                throw new InvalidInputException(problem);
              });
      publish(cluster, run.getRunId(), asked);
      return Result.of(
          JsonNodeFactory.instance
              .objectNode()
              .put("runId", run.getRunId())
              .put("requested", asked.name()),
          "asked for run %s to be %s".formatted(run.getRunId(), asked.done()));
    }
  }

  private static void publish(Cluster cluster, String runId, Asked asked) {
    Instant now = Instant.now();
    var request = new RunRequest(runId, System.getProperty("user.name", ""), now, asked.request());
    cluster.publish(
        cluster.topics().runRequests(),
        runId,
        request,
        new CloudEvent(
            UUID.randomUUID().toString(),
            "urn:espalier:cli",
            CloudEvent.RUN_REQUESTED,
            runId,
            now));
  }

  /** Returns why a run cannot be cancelled, if it cannot. */
  static Optional<String> noCancel(Run run) {
    return Runs.isFinal(run) ? Optional.of(stands(run) + " already") : Optional.empty();
  }

  /** Returns why a run cannot be run again, if it cannot. */
  static Optional<String> noRetry(Run run) {
    return switch (run.getState()) {
      case REJECTED, FAILED, CANCELLED, BACKING_OFF -> Optional.empty();
      case PUBLISHED ->
          Optional.of(
              stands(run)
                  + " already; apply another policy or register another version to have another"
                  + " result");
      case PLANNED, QUEUED, DISPATCHED, RUNNING ->
          Optional.of(stands(run) + " and goes on by itself; cancel it first to begin anew");
    };
  }

  private static String stands(Run run) {
    return "run %s is %s".formatted(run.getRunId(), Events.lower(run.getState()));
  }
}
