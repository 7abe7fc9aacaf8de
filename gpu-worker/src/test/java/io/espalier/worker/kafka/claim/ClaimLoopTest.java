package io.espalier.worker.kafka.claim;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.espalier.worker.kafka.FakeShareConsumer;
import io.espalier.worker.kafka.Fitness;
import io.espalier.worker.stage.Stop;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ClaimLoopTest {
  private static final Duration LOCK = Duration.ofMillis(900);

  private final FakeShareConsumer queue = new FakeShareConsumer();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch finish = new CountDownLatch(1);
  private final AtomicReference<Stop> stop = new AtomicReference<>();
  private final AtomicBoolean awaited = new AtomicBoolean();
  private final Fitness fitness = new Fitness(() -> {});
  private final Slots slots = new Slots(1, () -> fitness.outOfService().isEmpty(), () -> {});
  private final ClaimLoop loop =
      new ClaimLoop(
          new ClaimLoop.Queue(() -> queue, "commands", new Lease(LOCK, 10)),
          slots,
          new Scripted(),
          threads);

  @AfterEach
  void end() {
    loop.close();
    finish.countDown();
    threads.shutdown();
  }

  @Test
  void work_that_ends_in_time_is_acknowledged_as_it_says() throws Exception {
    queue.add(record(0, "accept"));
    queue.add(record(1, "reject"));

    threads.execute(loop);

    assertThat(queue.nextAcknowledgement()).isEqualTo("0 ACCEPT");
    assertThat(queue.nextAcknowledgement()).isEqualTo("1 REJECT");
  }

  @Test
  void long_work_is_renewed_until_it_ends() throws Exception {
    queue.add(record(0, "wait"));
    threads.execute(loop);

    assertThat(queue.nextAcknowledgement()).isEqualTo("0 RENEW");
    assertThat(queue.nextAcknowledgement()).isEqualTo("0 RENEW");
    finish.countDown();

    assertThat(last("0 RENEW")).isEqualTo("0 ACCEPT");
  }

  @Test
  void a_refused_renewal_stops_the_work_and_the_next_command_is_claimed() throws Exception {
    queue.refuseAcknowledgements();
    queue.add(record(0, "wait"));
    threads.execute(loop);
    assertThat(queue.nextAcknowledgement()).isEqualTo("0 RENEW");

    await().until(() -> stop.get().requested().isPresent());
    queue.acceptAcknowledgements();
    queue.add(record(1, "accept"));

    assertThat(stop.get().requested().orElseThrow().reason()).isEqualTo(Stop.Reason.LEASE_LOST);
    assertThat(queue.nextAcknowledgement()).isEqualTo("1 ACCEPT");
  }

  @Test
  void work_that_whoever_has_the_lease_waits_for_goes_on_to_its_end() throws Exception {
    awaited.set(true);
    queue.refuseAcknowledgements();
    queue.add(record(0, "wait"));
    long claimed = System.nanoTime();
    threads.execute(loop);
    assertThat(queue.nextAcknowledgement()).isEqualTo("0 RENEW");
    queue.acceptAcknowledgements();

    await().until(() -> System.nanoTime() - claimed > 2 * LOCK.toNanos());
    assertThat(stop.get().requested()).isEmpty();
    queue.add(record(1, "accept"));
    finish.countDown();

    assertThat(queue.nextAcknowledgement()).isEqualTo("1 ACCEPT");
    assertThat(stop.get().requested()).isEmpty();
  }

  @Test
  void a_broker_that_starts_again_returns_the_command_and_its_work_goes_on() throws Exception {
    queue.refuseAcknowledgements(new NotLeaderOrFollowerException("starting"));
    ConsumerRecord<byte[], byte[]> record = record(0, "wait");
    queue.add(record);
    threads.execute(loop);
    assertThat(queue.nextAcknowledgement()).isEqualTo("0 RENEW");

    queue.acceptAcknowledgements();
    queue.add(record);
    assertThat(queue.nextAcknowledgement()).isEqualTo("0 RENEW");
    finish.countDown();

    assertThat(last("0 RENEW")).isEqualTo("0 ACCEPT");
    assertThat(stop.get().requested()).isEmpty();
  }

  @Test
  void a_command_that_is_not_returned_is_lost_when_its_lock_has_run_out_and_not_before()
      throws Exception {
    queue.refuseAcknowledgements(new TimeoutException("no answer"));
    queue.add(record(0, "wait"));
    long claimed = System.nanoTime();
    threads.execute(loop);
    assertThat(queue.nextAcknowledgement()).isEqualTo("0 RENEW");
    queue.acceptAcknowledgements();

    await().until(() -> stop.get().requested().isPresent());

    assertThat(stop.get().requested().orElseThrow().reason()).isEqualTo(Stop.Reason.LEASE_LOST);
    assertThat(Duration.ofNanos(System.nanoTime() - claimed)).isGreaterThanOrEqualTo(LOCK);
  }

  @Test
  void another_command_that_comes_instead_is_given_back_once() throws Exception {
    queue.refuseAcknowledgements(new TimeoutException("no answer"));
    queue.add(record(0, "wait"));
    threads.execute(loop);
    assertThat(queue.nextAcknowledgement()).isEqualTo("0 RENEW");
    queue.acceptAcknowledgements();

    queue.add(record(1, "accept"));
    queue.add(record(2, "accept"));

    assertThat(queue.nextAcknowledgement()).isEqualTo("1 RELEASE");
    assertThat(stop.get().requested()).isEmpty();
    assertThat(queue.nextAcknowledgement()).isEqualTo("2 ACCEPT");
    assertThat(stop.get().requested().orElseThrow().reason()).isEqualTo(Stop.Reason.LEASE_LOST);
  }

  @Test
  void nothing_is_begun_beside_work_that_goes_on_after_its_lease_was_lost() throws Exception {
    queue.refuseAcknowledgements();
    queue.add(record(0, "ignore"));
    threads.execute(loop);
    await().until(() -> stop.get() != null && stop.get().requested().isPresent());
    queue.acceptAcknowledgements();
    queue.add(record(1, "accept"));
    await().until(queue::isClosed);

    assertThat(slots.reserve(LOCK)).isEmpty();
    finish.countDown();

    assertThat(last("0 RENEW")).isEqualTo("1 ACCEPT");
  }

  @Test
  void a_worker_out_of_service_asks_for_nothing_until_it_is_fit_again() throws Exception {
    threads.execute(loop);
    await().until(() -> queue.opened() == 1);

    fitness.fails("store", "not mounted");
    await().until(queue::isClosed);
    queue.add(record(0, "accept"));
    fitness.passes("store");

    assertThat(queue.nextAcknowledgement()).isEqualTo("0 ACCEPT");
    assertThat(queue.opened()).isEqualTo(2);
  }

  @Test
  void a_broker_that_does_not_answer_is_asked_again() throws Exception {
    queue.failNextPoll(new TimeoutException("no answer"));
    threads.execute(loop);

    queue.add(record(0, "accept"));

    assertThat(queue.nextAcknowledgement()).isEqualTo("0 ACCEPT");
  }

  @Test
  void a_failure_of_the_work_gives_the_command_back() throws Exception {
    queue.add(record(0, "fail"));

    threads.execute(loop);

    assertThat(queue.nextAcknowledgement()).isEqualTo("0 RELEASE");
  }

  @Test
  void closing_stops_the_work_and_gives_the_command_back() throws Exception {
    queue.add(record(0, "wait"));
    threads.execute(loop);
    assertThat(queue.nextAcknowledgement()).isEqualTo("0 RENEW");

    loop.close();

    assertThat(last("0 RENEW")).isEqualTo("0 RELEASE");
    assertThat(stop.get().requested().orElseThrow().reason()).isEqualTo(Stop.Reason.CLOSING);
    await().until(queue::isClosed);
  }

  /** The first acknowledgement that is another one. */
  private String last(String repeated) throws InterruptedException {
    String next = queue.nextAcknowledgement();
    while (next.equals(repeated)) {
      next = queue.nextAcknowledgement();
    }
    return next;
  }

  /** Does what the record says. */
  private final class Scripted implements ClaimLoop.Work {
    @Override
    public AcknowledgeType run(
        ConsumerRecord<byte[], byte[]> record, Slots.Place place, Stop requested) {
      return work(record, requested);
    }

    @Override
    public boolean isAwaited(Stop requested) {
      return awaited.get();
    }
  }

  private AcknowledgeType work(ConsumerRecord<byte[], byte[]> record, Stop requested) {
    return switch (new String(record.value(), UTF_8)) {
      case "accept" -> AcknowledgeType.ACCEPT;
      case "reject" -> AcknowledgeType.REJECT;
      case "wait" -> {
        stop.set(requested);
        try (var ignored = requested.onRequest(finish::countDown)) {
          finish.await();
          yield requested.requested().isPresent()
              ? AcknowledgeType.RELEASE
              : AcknowledgeType.ACCEPT;
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
      case "ignore" -> {
        stop.set(requested);
        try {
          finish.await();
          yield AcknowledgeType.RELEASE;
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
      default -> throw new IllegalStateException("a bug");
    };
  }

  private static ConsumerRecord<byte[], byte[]> record(long offset, String value) {
    return new ConsumerRecord<>("commands", 0, offset, new byte[0], value.getBytes(UTF_8));
  }
}
