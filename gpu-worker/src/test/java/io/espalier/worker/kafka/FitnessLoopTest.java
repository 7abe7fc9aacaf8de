package io.espalier.worker.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class FitnessLoopTest {
  private final AtomicInteger changes = new AtomicInteger();
  private final Fitness fitness = new Fitness(changes::incrementAndGet);
  private final AtomicReference<Optional<String>> store = new AtomicReference<>(Optional.empty());
  private final AtomicReference<RuntimeException> refusal = new AtomicReference<>();
  private final AtomicInteger probes = new AtomicInteger();
  private final FitnessLoop loop =
      new FitnessLoop(fitness, Map.of("store", store::get), this::probe, Duration.ofMillis(20));

  @AfterEach
  void end() {
    loop.close();
  }

  @Test
  void what_fails_at_the_start_takes_the_worker_out_of_service_until_it_passes() {
    store.set(Optional.of("the store is not mounted"));
    loop.begin();
    assertThat(fitness.outOfService()).contains("the store is not mounted");

    new Thread(loop, "fitness").start();
    store.set(Optional.empty());

    await().until(() -> fitness.outOfService().isEmpty());
    assertThat(changes).hasValue(2);
  }

  @Test
  void a_worker_that_may_not_report_is_probed_until_it_may() {
    refusal.set(new TopicAuthorizationException("not allowed to write"));
    loop.begin();
    assertThat(fitness.outOfService().orElseThrow()).contains("not allowed to write");
    new Thread(loop, "fitness").start();
    await().until(() -> probes.get() > 2);

    refusal.set(null);

    await().until(() -> fitness.outOfService().isEmpty());
  }

  @Test
  void a_check_that_cannot_be_made_has_not_passed() {
    var failing =
        new FitnessLoop(
            fitness,
            Map.of(
                "disk",
                () -> {
                  throw new IllegalStateException("no such disk");
                }),
            this::probe);

    failing.begin();

    assertThat(fitness.outOfService().orElseThrow()).contains("no such disk");
  }

  @Test
  void several_reasons_are_told_together() {
    fitness.fails("store", "not mounted");
    fitness.fails("disk", "full");

    assertThat(fitness.outOfService()).contains("full; not mounted");
    fitness.passes("disk");
    assertThat(fitness.outOfService()).contains("not mounted");
  }

  private void probe() {
    probes.incrementAndGet();
    RuntimeException found = refusal.get();
    if (found != null) {
      throw found;
    }
  }
}
