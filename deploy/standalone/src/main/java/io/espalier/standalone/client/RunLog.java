package io.espalier.standalone.client;

import static java.time.temporal.ChronoUnit.SECONDS;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.event.Run;
import io.espalier.event.StageEvent;
import io.espalier.event.StageFailed;
import io.espalier.event.StageProgressed;
import io.espalier.event.StageStarted;
import io.espalier.event.StageSucceeded;
import io.espalier.standalone.client.topic.Address;
import io.espalier.standalone.client.topic.Cluster;
import io.espalier.standalone.model.Words;
import io.espalier.standalone.report.Figures;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TextTable;
import java.time.Duration;
import java.util.List;

/** Reports of workers on a run. */
public final class RunLog {
  private RunLog() {}

  /** All of it that is still kept, in the order in which it arrived. */
  public static Result of(Address address, String id) {
    try (Cluster cluster = Cluster.connect(address).requireSetUp()) {
      Run run = RunSearch.find(cluster, id);
      return result(
          run.getRunId(), cluster.values(cluster.topics().stageEvents(), Runs.written(run)));
    }
  }

  /** The milestones among a run's reports. */
  static Result result(String runId, List<StageEvent> reports) {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("runId", runId);
    var nodes = json.putArray("events");
    var table = new TextTable("time", "stage", "attempt", "event");
    var milestones = new Milestones();
    for (StageEvent report : reports) {
      if (milestones.include(report)) {
        nodes.add(json(report));
        table.row(
            report.getAt().truncatedTo(SECONDS).toString(),
            Integer.toString(report.getStageIndex() + 1),
            Integer.toString(report.getAttempt()),
            text(report));
      }
    }
    return Result.of(json, nodes.isEmpty() ? "no worker has reported yet" : table.toString());
  }

  private static ObjectNode json(StageEvent report) {
    ObjectNode json =
        JsonNodeFactory.instance
            .objectNode()
            .put("at", report.getAt().toString())
            .put("stage", report.getStageIndex() + 1)
            .put("attempt", report.getAttempt())
            .put("workerId", report.getWorkerId())
            .put("event", kind(report))
            .put("text", text(report));
    if (report.getDetail() instanceof StageFailed failed) {
      json.put("failure", failed.getKind().name())
          .put("message", failed.getMessage())
          .put("retryable", failed.getRetryable());
    }
    return json;
  }

  private static String kind(StageEvent report) {
    Object detail = report.getDetail();
    if (detail instanceof StageStarted) {
      return "started";
    }
    if (detail instanceof StageProgressed) {
      return "progressed";
    }
    return detail instanceof StageSucceeded ? "succeeded" : "failed";
  }

  private static String text(StageEvent report) {
    Object detail = report.getDetail();
    if (detail instanceof StageStarted started) {
      String again =
          started.getDelivery() > 1 ? ", delivery %d".formatted(started.getDelivery()) : "";
      return "started by %s on %s%s".formatted(report.getWorkerId(), started.getDevice(), again);
    }
    if (detail instanceof StageProgressed progress) {
      String values = Words.of(progress.getValues());
      return StageText.of(progress) + (values.isEmpty() ? "" : "; " + values);
    }
    if (detail instanceof StageSucceeded success) {
      return succeeded(success);
    }
    return failed((StageFailed) detail);
  }

  private static String succeeded(StageSucceeded success) {
    var cost = success.getReport().getCost();
    String took =
        cost.getCached()
            ? "a stored result was used again"
            : "took " + Figures.brief(Duration.ofMillis(cost.getWallMillis()));
    return "succeeded, %s: %s".formatted(took, success.getOutput().getUri());
  }

  private static String failed(StageFailed failed) {
    return "failed (%s, %s): %s"
        .formatted(
            Events.words(failed.getKind()),
            failed.getRetryable() ? "worth another attempt" : "for good",
            failed.getMessage().replaceAll("\\s+", " "));
  }
}
