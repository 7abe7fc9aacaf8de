package io.espalier.streams.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topics;
import io.espalier.streams.domain.pool.PooledJob;
import io.espalier.streams.domain.run.KeptRun;
import io.espalier.streams.domain.run.Run;
import io.espalier.streams.domain.run.RunState.BackingOff;
import io.espalier.streams.domain.run.RunState.Queued;
import io.espalier.streams.domain.run.RunState.Running;
import java.io.IOException;
import java.io.InputStream;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.serialization.Serde;
import org.junit.jupiter.api.Test;

/**
 * Tests that this version reads the first published one's state. The records in {@code
 * state/v1/records.json} are those of its changelogs after a small history, the last of each key.
 */
final class FirstVersionTest {
  private final CoordinatorTopics wire =
      new CoordinatorTopics(new Topics("test.", SchemaRegistry.inMemory("first-version"), 1));

  @Test
  void runs_in_every_state_are_read() throws IOException {
    Map<String, KeptRun> runs = kept("runs", wire.run());

    assertThat(runs).hasSize(8);
    assertThat(going(runs, "queued").state()).isInstanceOf(Queued.class);
    assertThat(going(runs, "dispatched").state()).isInstanceOf(Queued.class);
    assertThat(going(runs, "running").state()).isInstanceOf(Running.class);
    assertThat(going(runs, "progressed").state())
        .isInstanceOfSatisfying(
            Running.class, running -> assertThat(running.progress()).isPresent());
    assertThat(going(runs, "backing-off").state()).isInstanceOf(BackingOff.class);
    assertThat(runs.values()).filteredOn(KeptRun.Over.class::isInstance).hasSize(2);
  }

  @Test
  void a_run_at_its_second_stage_knows_what_the_first_published_and_which_command_is_its_last()
      throws IOException {
    Run run = going(kept("runs", wire.run()), "second-stage");

    assertThat(run.attempt().stageIndex()).isEqualTo(1);
    assertThat(run.outcomes()).hasSize(1);
    assertThat(run.policy().gates()).hasSize(1);
    assertThat(run.attempts().sequence()).isEqualTo(2);
    assertThat(run.attempts().token()).isEmpty();
  }

  @Test
  void jobs_of_pools_are_read() throws IOException {
    Map<String, PooledJob> jobs = kept("pool-jobs", wire.placed());

    assertThat(jobs).hasSize(5);
    assertThat(jobs.values()).filteredOn(PooledJob.AtWork.class::isInstance).hasSize(4);
    assertThat(jobs.values())
        .filteredOn(PooledJob.Waiting.class::isInstance)
        .singleElement()
        .satisfies(
            job ->
                assertThat(((PooledJob.Waiting) job).job().command().identity().sequence())
                    .isZero());
  }

  @Test
  void what_no_version_has_written_stops_the_reader_with_advice() {
    assertThatThrownBy(() -> wire.run().deserializer().deserialize("runs", new byte[] {1, 2, 3}))
        .isInstanceOf(UnreadableStateException.class)
        .hasMessageContaining("newer version");
  }

  private static Run going(Map<String, KeptRun> runs, String model) {
    return runs.values().stream()
        .flatMap(kept -> kept.going().stream())
        .filter(run -> run.plan().model().ref().name().equals(model))
        .findFirst()
        .orElseThrow();
  }

  private static <V> Map<String, V> kept(String store, Serde<V> serde) throws IOException {
    Map<String, V> kept = new TreeMap<>();
    try (InputStream file = FirstVersionTest.class.getResourceAsStream("/state/v1/records.json")) {
      for (Map.Entry<String, JsonNode> entry :
          new JsonMapper().readTree(file).get(store).properties()) {
        byte[] bytes = Base64.getDecoder().decode(entry.getValue().textValue());
        kept.put(entry.getKey(), serde.deserializer().deserialize(store, bytes));
      }
    }
    return kept;
  }
}
