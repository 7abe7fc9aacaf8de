package io.espalier.worker.kafka.work;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.StageProgressed;
import io.espalier.worker.domain.job.Progress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ProgressPulseTest {
  private Instant now = Instant.EPOCH;
  private final List<StageProgressed> sent = new ArrayList<>();
  private final ProgressPulse pulse = new ProgressPulse(new Moving());

  @Test
  void a_thousand_steps_in_a_second_are_one_report() {
    for (int step = 1; step <= 1000; step++) {
      pulse.report(Progress.of("train", step, 4000));
      after(Duration.ofMillis(1));
      pulse.due().ifPresent(sent::add);
    }

    assertThat(sent).hasSize(1);
    assertThat(sent.get(0).getDone()).isEqualTo(1000);
  }

  @Test
  void standing_still_is_told_every_fifteen_seconds() {
    pulse.report(Progress.of("search", 1, 2));

    for (int second = 1; second <= 46; second++) {
      after(Duration.ofSeconds(1));
      pulse.due().ifPresent(sent::add);
    }

    assertThat(sent).hasSize(4); // at 1, 16, 31 and 46 s
  }

  @Test
  void the_time_left_follows_from_the_time_per_step_of_this_phase() {
    after(Duration.ofSeconds(100));
    pulse.report(Progress.of("train", 0, 10));

    after(Duration.ofSeconds(8));
    pulse.report(Progress.of("train", 4, 10));
    pulse.due().ifPresent(sent::add);

    assertThat(sent.get(0).getEtaMillis()).isEqualTo(12_000); // 6 steps of 2 s
  }

  @Test
  void without_a_total_there_is_no_time_left() {
    pulse.report(Progress.of("scan", 5, 0));

    after(Duration.ofSeconds(2));
    pulse.due().ifPresent(sent::add);

    assertThat(sent.get(0).getEtaMillis()).isNull();
  }

  @Test
  void standing_still_is_measured_from_the_last_change_of_phase_steps_or_quantities() {
    pulse.report(Progress.of("train", 1, 10));
    after(Duration.ofMinutes(3));
    pulse.report(Progress.of("train", 1, 10));
    assertThat(pulse.unchanged()).isEqualTo(Duration.ofMinutes(3));

    pulse.report(new Progress("train", 1, 10, Map.of("loss", 0.5)));
    assertThat(pulse.unchanged()).isZero();
  }

  private void after(Duration time) {
    now = now.plus(time);
  }

  private final class Moving extends Clock {
    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }
}
