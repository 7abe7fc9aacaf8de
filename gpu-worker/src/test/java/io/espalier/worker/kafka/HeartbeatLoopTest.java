package io.espalier.worker.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class HeartbeatLoopTest {
  private final AtomicInteger beats = new AtomicInteger();
  private HeartbeatLoop loop = new HeartbeatLoop(beats::incrementAndGet);

  @AfterEach
  void end() {
    loop.close();
  }

  @Test
  void a_thousand_changes_at_once_are_told_together_and_soon() {
    new Thread(loop, "heartbeats").start();
    await().until(() -> beats.get() == 1);

    for (int change = 0; change < 1000; change++) {
      loop.changed();
    }

    await().atMost(HeartbeatLoop.INTERVAL.dividedBy(2)).until(() -> beats.get() == 2);
    await().during(HeartbeatLoop.SHORTEST.multipliedBy(2)).until(() -> beats.get() == 2);
  }

  @Test
  void whoever_tells_of_a_change_never_waits_for_a_broker_and_a_failed_beat_is_not_the_last()
      throws InterruptedException {
    var stuck = new CountDownLatch(1);
    loop =
        new HeartbeatLoop(
            () -> {
              try {
                stuck.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
              if (beats.incrementAndGet() == 1) {
                throw new IllegalStateException("no broker");
              }
            });
    new Thread(loop, "heartbeats").start();

    loop.changed();
    assertThat(beats).hasValue(0);
    stuck.countDown();

    await().atMost(HeartbeatLoop.INTERVAL.dividedBy(2)).until(() -> beats.get() == 2);
  }
}
