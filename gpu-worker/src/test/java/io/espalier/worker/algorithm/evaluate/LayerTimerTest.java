package io.espalier.worker.algorithm.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.algorithm.evaluate.LayerTimer.Sized;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.model.Window;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LayerTimerTest {
  @ParameterizedTest
  @CsvSource({
    "16, 8, 3, 1, 6, 5, false, false",
    "8, 1, 5, 2, 7, 7, true, false",
    "10, 4, 1, 1, 1, 1, false, true",
    "4, 3, 7, 2, 8, 8, false, false"
  })
  void layers_of_every_kind_take_time(
      int out,
      int in,
      int kernel,
      int stride,
      int height,
      int width,
      boolean depthwise,
      boolean flat) {
    var layer = new Sized(out, in, new Window(kernel, stride, height, width), depthwise, flat);

    assertThat(new LayerTimer().nanos(layer)).isPositive();
  }

  @Test
  void the_fastest_turn_counts_per_pass() {
    // turns of 9, 8, 7 … microseconds by a clock that is read twice a turn
    var readings = new AtomicLong();
    long[] now = {0};
    var timer =
        new LayerTimer(
            () -> {
              long reading = readings.getAndIncrement();
              now[0] += reading % 2 == 1 ? 9_000 - 1_000 * (reading / 2) : 1;
              return now[0];
            });

    double nanos = timer.nanos(new Sized(2, 2, Window.ONCE, false, true));

    // 2 turns of warm-up and 5 that count: the last takes 9 - 6 = 3 µs, three passes each
    assertThat(nanos).isEqualTo(1000);
  }

  @Test
  void a_clock_that_stands_still_is_refused() {
    var timer = new LayerTimer(() -> 42);

    assertThatThrownBy(() -> timer.nanos(new Sized(2, 3, Window.ONCE, false, true)))
        .isInstanceOf(WorkerException.class)
        .hasMessageContaining("cannot be timed")
        .hasMessageContaining("2x3")
        .hasMessageContaining("latency");
  }
}
