package io.espalier.worker.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.espalier.worker.stage.Stop;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ClaimLoopTest {
  private static final Duration LOCK = Duration.ofMillis(90);

  private final FakeShareConsumer queue = new FakeShareConsumer();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch finish = new CountDownLatch(1);
  private final AtomicReference<Stop> stop = new AtomicReference<>();
  private final ClaimLoop loop = new ClaimLoop(() -> queue, "commands", LOCK, this::work, threads);

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

    String last = queue.nextAcknowledgement();
    while (last.equals("0 RENEW")) {
      last = queue.nextAcknowledgement();
    }
    assertThat(last).isEqualTo("0 ACCEPT");
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

    String last = queue.nextAcknowledgement();
    while (last.equals("0 RENEW")) {
      last = queue.nextAcknowledgement();
    }
    assertThat(last).isEqualTo("0 RELEASE");
    assertThat(stop.get().requested().orElseThrow().reason()).isEqualTo(Stop.Reason.CLOSING);
    await().until(queue::isClosed);
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
      default -> throw new IllegalStateException("a bug");
    };
  }

  private static ConsumerRecord<byte[], byte[]> record(long offset, String value) {
    return new ConsumerRecord<>("commands", 0, offset, new byte[0], value.getBytes(UTF_8));
  }
}
