package io.espalier.standalone.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.RunState;
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
}
