package io.espalier.worker.kafka.claim;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.ClosedAttempts;
import io.espalier.event.StageCommand;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ClosedCommandsTest {
  private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

  private final ClosedCommands closed = new ClosedCommands();

  @Test
  void a_sequence_closes_itself_and_all_before_it() {
    closed.add(new ClosedAttempts("run-1", 3L, "superseded", NOON, null));

    assertThat(reason("run-1", 1)).contains("superseded");
    assertThat(reason("run-1", 3)).contains("superseded");
    assertThat(reason("run-1", 4)).isEmpty();
    assertThat(reason("run-2", 1)).isEmpty();
  }

  @Test
  void an_older_record_that_is_read_later_opens_nothing_again() {
    closed.add(new ClosedAttempts("run-1", 3L, "cancelled", NOON, null));

    closed.add(new ClosedAttempts("run-1", 1L, "superseded", NOON, null));

    assertThat(reason("run-1", 2)).contains("cancelled");
  }

  @Test
  void one_command_of_those_may_go_on_until_the_rest_is_closed_again() {
    closed.add(new ClosedAttempts("run-1", 3L, "an earlier attempt is at work", NOON, 2L));

    assertThat(reason("run-1", 1)).isPresent();
    assertThat(reason("run-1", 2)).isEmpty();
    assertThat(reason("run-1", 3)).isPresent();
    closed.add(new ClosedAttempts("run-1", 3L, "over", NOON, null));
    assertThat(reason("run-1", 2)).contains("over");
  }

  @Test
  void a_command_without_a_sequence_is_closed_by_what_was_closed_after_it_was_issued() {
    closed.add(new ClosedAttempts("run-1", 2L, "cancelled", NOON, null));

    assertThat(closed.reason(command("run-1", 0, NOON.minusSeconds(1)))).contains("cancelled");
    assertThat(closed.reason(command("run-1", 0, NOON.plusSeconds(1)))).isEmpty();
    assertThat(closed.reason(command("run-2", 0, NOON.minusSeconds(1)))).isEmpty();
  }

  @Test
  void a_hundred_thousand_runs_are_all_remembered_as_a_map_would() {
    Map<String, Long> naive = new HashMap<>();
    var random = new Random(7);
    for (int i = 0; i < 100_000; i++) {
      String run = Long.toHexString(random.nextLong());
      long sequence = 1L + random.nextInt(5);
      naive.put(run, sequence);
      closed.add(new ClosedAttempts(run, sequence, "over", NOON, null));
    }

    naive.forEach(
        (run, sequence) -> {
          assertThat(reason(run, sequence)).isPresent();
          assertThat(reason(run, sequence + 1)).isEmpty();
        });
  }

  @Test
  void the_reason_of_a_run_closed_long_ago_is_forgotten_but_not_that_it_is_closed() {
    closed.add(new ClosedAttempts("first", 1L, "over", NOON, null));
    for (int i = 0; i < 20_000; i++) {
      closed.add(new ClosedAttempts("run-" + i, 1L, "over", NOON, null));
    }

    assertThat(reason("first", 1))
        .contains("closed by the coordinator; 'espalier runs show' says why");
  }

  @Test
  void a_long_reason_is_cut() {
    closed.add(new ClosedAttempts("run-1", 1L, "x".repeat(1_000_000), NOON, null));

    assertThat(reason("run-1", 1).orElseThrow()).hasSize(ClosedCommands.REASON_CHARACTERS + 3);
  }

  private Optional<String> reason(String run, long sequence) {
    return closed.reason(command(run, sequence, NOON));
  }

  private static StageCommand command(String run, long sequence, Instant issuedAt) {
    var command = new StageCommand();
    command.setRunId(run);
    command.setSequence(sequence);
    command.setIssuedAt(issuedAt);
    return command;
  }
}
