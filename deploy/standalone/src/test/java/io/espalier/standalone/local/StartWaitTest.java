package io.espalier.standalone.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.schemas.RegistryUnavailableException;
import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class StartWaitTest {
  private static final StartWait SHORT =
      new StartWait(Duration.ofMillis(300), Duration.ofMillis(10), Duration.ofMillis(40));

  private final List<Long> tries = new ArrayList<>();

  @Test
  void what_comes_late_is_waited_for() {
    SHORT.until(() -> failUntil(4));

    assertThat(tries).hasSize(4);
  }

  @Test
  void what_does_not_come_ends_the_wait_with_the_reason_and_pauses_grow() {
    assertThatThrownBy(() -> SHORT.until(() -> failUntil(Integer.MAX_VALUE)))
        .isInstanceOf(RegistryUnavailableException.class);

    // 10, 20, 40, 40, ... ms until more than 300 ms have passed
    assertThat(tries).hasSizeBetween(4, 11);
  }

  @Test
  void what_does_not_pass_ends_it_at_once() {
    assertThatThrownBy(
            () ->
                SHORT.until(
                    () -> {
                      tries.add(System.nanoTime());
                      throw new InvalidInputException("no such thing");
                    }))
        .isInstanceOf(InvalidInputException.class);

    assertThat(tries).hasSize(1);
  }

  @Test
  void a_start_that_takes_long_is_told_of_until_it_ends() throws InterruptedException {
    var told = new CountDownLatch(2);
    try (var log =
        new StartLog(
            "coordinator",
            () -> {
              told.countDown();
              return "it reads back its state";
            },
            Duration.ofMillis(5))) {
      assertThat(told.await(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  private void failUntil(int count) {
    tries.add(System.nanoTime());
    if (tries.size() < count) {
      throw new RegistryUnavailableException("no answer", new IOException("away"));
    }
  }
}
