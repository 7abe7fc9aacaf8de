package io.espalier.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.espalier.event.Artifact;
import io.espalier.event.CancelRun;
import io.espalier.event.ModelRejected;
import io.espalier.event.RejectionReason;
import io.espalier.event.Run;
import io.espalier.event.RunRequest;
import io.espalier.event.RunState;
import io.espalier.event.StageCost;
import io.espalier.event.StageEvent;
import io.espalier.event.StageReport;
import io.espalier.event.StageSucceeded;
import io.espalier.fact.ChangeFacts;
import io.espalier.schemas.CloudEvent;
import io.espalier.schemas.FactsMapping;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Test;

/**
 * A coordinator goes on with what the first published version has left on the broker: its
 * changelogs, from which it builds its state anew.
 */
class FirstVersionStateIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String QUEUED = "146d269dd6c4055c6fd53a01d1f15c0a";
  private static final String BACKING_OFF = "1faeb4b7e497be153988d0ece560227d";
  private static final String RUNNING = "bb932e2885f44f7f771582f4603c68a4";

  @Test
  void runs_that_the_first_version_began_are_gone_on_with() throws IOException {
    try (Installed espalier = Installed.as("first-version")) {
      int partitions = espalier.topics().runRequests().partitions();
      restore(espalier, "runs", run -> partition(run, partitions));
      restore(espalier, "pool-jobs", job -> partition("default", partitions));
      espalier.startCoordinator();

      var cancel = new RunRequest(QUEUED, "test", Instant.now(), new CancelRun("too old"));
      espalier.publish(espalier.topics().runRequests(), QUEUED, cancel, CloudEvent.RUN_REQUESTED);
      espalier.publish(
          espalier.topics().stageEvents(), RUNNING, success(espalier), CloudEvent.STAGE_REPORTED);

      ModelRejected rejected = first(espalier.read(espalier.topics().modelRejected()));
      assertThat(rejected.getRunId()).isEqualTo(QUEUED);
      assertThat(rejected.getReason()).isEqualTo(RejectionReason.CANCELLED);
      Run next = shown(espalier, RUNNING);
      assertThat(next.getState()).isEqualTo(RunState.QUEUED);
      assertThat(next.getStageIndex()).isEqualTo(1);
      Run again = shown(espalier, BACKING_OFF);
      assertThat(again.getState()).isEqualTo(RunState.QUEUED);
      assertThat(again.getAttempt()).isEqualTo(2);
      espalier.requireAlive();
    }
  }

  /** Returns what the worker that had the command before the upgrade reports: it knows no token. */
  private static StageEvent success(Installed espalier) {
    String uri =
        espalier.artifacts() + "running/%s/stage-0/attempt-1-cdcdcdcdcdcd/".formatted(RUNNING);
    var artifact = new Artifact(uri, "cd".repeat(32), null, 1000L, List.of(), 1, null);
    var report =
        new StageReport(
            "fastnas",
            "1",
            Map.of(),
            List.of(),
            List.of("timm"),
            new StageCost(5L, "cpu", null, false),
            null,
            FactsMapping.toAvro(ChangeFacts.NONE));
    return new StageEvent(
        RUNNING, 0, 1, "w1", Instant.now(), new StageSucceeded(artifact, report), "");
  }

  private static <V> V first(EventLog<V> log) {
    try (log) {
      return log.await(PATIENCE, event -> true).value();
    }
  }

  /** Returns what people see of a run; nothing was shown of it before. */
  private static Run shown(Installed espalier, String runId) {
    try (var runs = espalier.read(espalier.topics().runs())) {
      return runs.await(PATIENCE, run -> run.getRunId().equals(runId)).value();
    }
  }

  /** Writes the records of a store to its changelog, where they were. */
  private static void restore(Installed espalier, String store, ToIntFunction<String> partition)
      throws IOException {
    String changelog = espalier.createChangelog(store);
    try (InputStream file =
        FirstVersionStateIT.class.getResourceAsStream("/state/v1/records.json")) {
      for (Map.Entry<String, JsonNode> record :
          new JsonMapper().readTree(file).get(store).properties()) {
        String key = record.getKey();
        byte[] value = Base64.getDecoder().decode(record.getValue().textValue());
        espalier.send(new ProducerRecord<>(changelog, partition.applyAsInt(key), key, value));
      }
    }
  }

  /** Returns where Kafka's clients put a key. */
  private static int partition(String key, int partitions) {
    return Utils.toPositive(Utils.murmur2(Utils.utf8(key))) % partitions;
  }
}
