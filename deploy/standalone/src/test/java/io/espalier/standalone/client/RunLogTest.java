package io.espalier.standalone.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.event.Artifact;
import io.espalier.event.FailureKind;
import io.espalier.event.StageCost;
import io.espalier.event.StageEvent;
import io.espalier.event.StageFailed;
import io.espalier.event.StageProgressed;
import io.espalier.event.StageReport;
import io.espalier.event.StageStarted;
import io.espalier.event.StageSucceeded;
import io.espalier.fact.ChangeFacts;
import io.espalier.schemas.FactsMapping;
import io.espalier.standalone.report.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RunLogTest {
  private final List<StageEvent> events = new ArrayList<>();

  @Test
  void each_attempt_tells_who_began_it_its_milestones_and_how_it_ended() {
    event(0, 1, 0, new StageStarted(1, "a card"));
    event(0, 1, 1, progress("measuring", 1));
    event(0, 1, 2, progress("measuring", 20));
    event(0, 1, 3, progress("measuring", 26));
    event(0, 1, 4, progress("measuring", 49));
    event(0, 1, 5, new StageFailed(FailureKind.RESOURCE, "out of memory:\n  3 GiB", true));
    event(0, 2, 6, new StageStarted(2, "a card"));
    event(0, 2, 7, progress("measuring", 1));
    event(0, 2, 8, success(false));
    event(1, 1, 9, success(true));

    Result result = RunLog.result("run-1", events);

    assertThat(result.table().lines())
        .containsExactly(
            "time                  stage  attempt  event",
            "2026-06-01T12:00:00Z      1        1  started by worker-7 on a card",
            "2026-06-01T12:00:01Z      1        1  measuring, 1 of 100 (1 %); loss 0.5000",
            "2026-06-01T12:00:03Z      1        1  measuring, 26 of 100 (26 %); loss 0.5000",
            "2026-06-01T12:00:05Z      1        1  failed (resource, worth another attempt): out of"
                + " memory: 3 GiB",
            "2026-06-01T12:00:06Z      1        2  started by worker-7 on a card, delivery 2",
            "2026-06-01T12:00:07Z      1        2  measuring, 1 of 100 (1 %); loss 0.5000",
            "2026-06-01T12:00:08Z      1        2  succeeded, took 2m5s: file:///store/out/",
            "2026-06-01T12:00:09Z      2        1  succeeded, a stored result was used again:"
                + " file:///store/out/");
  }

  @Test
  void the_keys_of_json_stay() {
    event(0, 1, 0, new StageFailed(FailureKind.INTERNAL, "it broke", false));

    JsonNode json = RunLog.result("run-1", events).json();

    assertThat(json.toString())
        .isEqualTo(
            "{\"runId\":\"run-1\",\"events\":[{\"at\":\"2026-06-01T12:00:00Z\",\"stage\":1,"
                + "\"attempt\":1,\"workerId\":\"worker-7\",\"event\":\"failed\","
                + "\"text\":\"failed (internal, for good): it broke\",\"failure\":\"INTERNAL\","
                + "\"message\":\"it broke\",\"retryable\":false}]}");
  }

  @Test
  void a_run_of_which_nobody_has_reported_says_so() {
    assertThat(RunLog.result("run-1", List.of()).table()).isEqualTo("no worker has reported yet");
  }

  private static StageProgressed progress(String phase, long done) {
    return new StageProgressed(phase, done, 100L, null, Map.of("loss", 0.5));
  }

  private static StageSucceeded success(boolean cached) {
    return new StageSucceeded(
        new Artifact("file:///store/out/", "d1", null, 100L, List.of(), 2, null),
        new StageReport(
            "fastnas",
            "3",
            Map.of(),
            List.of(),
            List.of(),
            new StageCost(125_000L, "a card", null, cached),
            null,
            FactsMapping.toAvro(ChangeFacts.NONE)));
  }

  private void event(int stage, int attempt, long second, Object detail) {
    events.add(
        new StageEvent(
            "run-1", stage, attempt, "worker-7", SampleRun.NOON.plusSeconds(second), detail, ""));
  }
}
