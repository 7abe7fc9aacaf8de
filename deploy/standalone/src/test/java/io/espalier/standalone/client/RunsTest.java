package io.espalier.standalone.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.RunState;
import io.espalier.standalone.client.topic.Portion;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunsTest {
  @ParameterizedTest
  @CsvSource({
    "PUBLISHED, 0",
    "CANCELLED, 0",
    "REJECTED, 5",
    "FAILED, 1",
    "QUEUED, 7",
    "RUNNING, 7",
    "BACKING_OFF, 7"
  })
  void a_run_that_was_waited_for_decides_the_exit_code(RunState state, int code) {
    assertThat(Runs.ended(SampleRun.in(state)).exitCode()).isEqualTo(code);
  }

  @Test
  void a_run_is_read_from_its_beginning_and_to_its_end_if_it_has_one() {
    Duration clocks = Duration.ofMinutes(5);

    Portion working = Runs.written(SampleRun.in(RunState.RUNNING));
    Portion ended = Runs.written(SampleRun.in(RunState.FAILED));

    assertThat(working.since()).contains(SampleRun.NOON.minus(clocks));
    assertThat(working.until()).isEmpty();
    assertThat(ended.until()).contains(SampleRun.NOON.plus(clocks));
  }
}
