package io.espalier.worker.stage.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.domain.job.Progress;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class StageChildTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final AtomicLong nanos = new AtomicLong(1_000_000_000);

  @Test
  void progress_within_a_phase_is_written_ten_times_a_second() {
    var writer = new StageChild.ProgressWriter(new PrintStream(bytes, true, UTF_8), nanos::get);

    for (int step = 0; step < 1000; step++) {
      writer.report(Progress.of("train", step, 1000));
      nanos.addAndGet(1_000_000); // one millisecond a step, one second in all
    }

    assertThat(lines()).isEqualTo(10);
  }

  @Test
  void a_new_phase_and_the_last_step_of_one_are_written_at_once() {
    var writer = new StageChild.ProgressWriter(new PrintStream(bytes, true, UTF_8), nanos::get);

    writer.report(Progress.of("score", 1, 3));
    writer.report(Progress.of("score", 2, 3));
    writer.report(Progress.of("score", 3, 3));
    writer.report(Progress.of("select", 0, 9));

    assertThat(bytes.toString(UTF_8).lines().map(line -> ProgressLine.parse(line).orElseThrow()))
        .containsExactly(
            Progress.of("score", 1, 3), Progress.of("score", 3, 3), Progress.of("select", 0, 9));
  }

  @Test
  void what_a_library_prints_is_not_progress() {
    assertThat(ProgressLine.parse("[W warn] something")).isEmpty();
    assertThat(ProgressLine.parse("{\"progress\":{\"phase\":\"cut o")).isEmpty();
  }

  private long lines() {
    return bytes.toString(UTF_8).lines().count();
  }
}
