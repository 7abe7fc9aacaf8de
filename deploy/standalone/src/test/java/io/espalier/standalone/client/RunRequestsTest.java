package io.espalier.standalone.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.RunState;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

class RunRequestsTest {
  @ParameterizedTest
  @EnumSource(names = {"REJECTED", "FAILED", "CANCELLED", "BACKING_OFF"})
  void a_run_that_ended_without_a_model_or_backs_off_can_be_run_again(RunState state) {
    assertThat(RunRequests.noRetry(SampleRun.in(state))).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      mode = Mode.EXCLUDE,
      names = {"REJECTED", "FAILED", "CANCELLED", "BACKING_OFF"})
  void a_run_that_has_published_or_goes_on_cannot(RunState state) {
    assertThat(RunRequests.noRetry(SampleRun.in(state)))
        .hasValueSatisfying(
            problem -> assertThat(problem).contains("run run-1 is " + Events.lower(state)));
  }

  @ParameterizedTest
  @EnumSource
  void a_run_can_be_cancelled_until_it_has_ended(RunState state) {
    boolean ended = Runs.isFinal(SampleRun.in(state));

    assertThat(RunRequests.noCancel(SampleRun.in(state)).isPresent()).isEqualTo(ended);
  }
}
