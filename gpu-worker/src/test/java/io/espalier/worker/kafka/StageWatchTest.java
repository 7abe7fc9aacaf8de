package io.espalier.worker.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.event.StageCommand;
import io.espalier.event.StageSucceeded;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topics;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.kafka.claim.ClaimedCommand;
import io.espalier.worker.kafka.claim.Slots;
import io.espalier.worker.kafka.claim.SteadyClock;
import io.espalier.worker.kafka.record.Outbox;
import io.espalier.worker.kafka.work.EndForecast;
import io.espalier.worker.kafka.work.ProgressPulse;
import io.espalier.worker.kafka.work.StallLimits;
import io.espalier.worker.stage.Stop;
import io.espalier.worker.stage.StoppedException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class StageWatchTest {
  private static final Duration SHORT = Duration.ofSeconds(2);

  private final Topics topics = new Topics("t.", SchemaRegistry.inMemory("watch"), 1);
  private final CountDownLatch broker = new CountDownLatch(1);
  private final CountDownLatch asked = new CountDownLatch(1);
  private final ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();
  private final Slots slots = new Slots(1, () -> true, () -> {});
  private final Slots.Place place = slots.reserve(Duration.ZERO).orElseThrow();
  private final Stop stop = new Stop();

  @AfterEach
  void end() {
    broker.countDown();
    timers.shutdownNow();
  }

  @Test
  void a_broker_that_does_not_answer_holds_up_neither_stops_nor_what_the_slot_is_told() {
    place.begin(false, Duration.ZERO, stop);

    assertThatThrownBy(
            () ->
                watch(SHORT)
                    .run(
                        pulse -> {
                          pulse.report(Progress.of(EndForecast.LAST_PHASE, 0, 0));
                          awaitAsked();
                          stop.await(Duration.ofSeconds(20));
                          assertThat(slots.spare()).isEqualTo(1);
                          stop.check();
                          throw new AssertionError("not stopped");
                        }))
        .isInstanceOf(StoppedException.class)
        .hasMessageContaining("no progress for 2s: phase 'publishing'");
    assertThat(broker.getCount()).isEqualTo(1);
  }

  @Test
  void a_stage_that_goes_on_is_not_stopped_however_long_it_takes() {
    place.begin(false, Duration.ZERO, stop);
    var success = new StageSucceeded();

    StageSucceeded result =
        watch(SHORT)
            .run(
                pulse -> {
                  for (int step = 0; step < 30; step++) {
                    pulse.report(Progress.of("training", step, 30));
                    stop.await(Duration.ofMillis(100));
                  }
                  return success;
                });

    assertThat(result).isSameAs(success);
    assertThat(stop.requested()).isEmpty();
  }

  private void awaitAsked() {
    try {
      asked.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private StageWatch watch(Duration stall) {
    StageCommand command = StageCommands.in(Path.of("/nowhere")).build();
    var attempt = new ClaimedCommand(command, 1, Optional.empty());
    var events =
        new StageEvents(topics.stageEvents(), new Outbox(Silent::new), Clock.systemUTC(), "w");
    return new StageWatch(
        new StageWatch.Subject(attempt, place, stop),
        new ProgressPulse(new SteadyClock(Clock.systemUTC())),
        events,
        new StageWatch.Rules(timers, StallLimits.of(stall).of(StageKind.PRUNE), new EndForecast()));
  }

  /** A producer that waits for its broker. */
  private final class Silent extends MockProducer<byte[], byte[]> {
    private Silent() {
      super(true, null, new ByteArraySerializer(), new ByteArraySerializer());
    }

    @Override
    @SuppressWarnings("UnsynchronizedOverridesSynchronized") // it must not wait with the lock
    public Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record, Callback callback) {
      asked.countDown();
      try {
        broker.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      return super.send(record, callback);
    }
  }
}
