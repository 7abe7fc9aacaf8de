package io.espalier.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TransientFailuresTest {
  static Stream<Throwable> what_brokers_and_registries_say_or_do_not_say() {
    return Stream.of(
        new TimeoutException("broker"),
        new ProducerFencedException("by a newer one"),
        new TopicAuthorizationException("stage-events"),
        // word for word, after a broker was away for two minutes
        new IllegalStateException(
            "Cannot attempt operation `sendOffsetsToTransaction` because the previous call to"
                + " `commitTransaction` timed out and must be retried"),
        new SaslAuthenticationException("password"),
        new RestClientException("unauthorized", 401, 401),
        new RestClientException("too many", 429, 429),
        new RestClientException("not found", 404, 40403),
        new RestClientException("broken", 500, 50001),
        new RegistryUnavailableException("no answer", new IOException("truncated")),
        new ConnectException("refused"),
        new SocketTimeoutException("silent"),
        new UnknownHostException("registry"));
  }

  @ParameterizedTest
  @MethodSource
  void what_brokers_and_registries_say_or_do_not_say(Throwable failure) {
    assertThat(TransientFailures.include(failure)).isTrue();
    assertThat(TransientFailures.include(wrapped(failure, 1_000))).isTrue();
  }

  static Stream<Throwable> what_stays() {
    return Stream.of(
        new UnreadableEventException("no Avro", null),
        new UnreadableEventException("unknown id", new RestClientException("no", 404, 40403)),
        new RecordTooLargeException("5 MiB"),
        new SerializationException("bytes"),
        new IllegalStateException("a fault of ours"),
        new StackOverflowError());
  }

  @ParameterizedTest
  @MethodSource
  void what_stays(Throwable failure) {
    assertThat(TransientFailures.include(failure)).isFalse();
    assertThat(TransientFailures.include(wrapped(failure, 1_000))).isFalse();
  }

  @Test
  void unreadable_bytes_stay_so_whatever_they_are_wrapped_in() {
    var unreadable = new UnreadableEventException("no Avro", null);

    assertThat(TransientFailures.include(new RegistryUnavailableException("odd", unreadable)))
        .isFalse();
  }

  @Test
  void causes_in_a_circle_come_to_an_end() {
    var first = new IllegalStateException("first");
    var second = new IllegalStateException("second", first);
    first.initCause(second);

    assertThat(TransientFailures.include(first)).isFalse();
  }

  private static Throwable wrapped(Throwable failure, int times) {
    Throwable outer = failure;
    for (int i = 0; i < times; i++) {
      outer = i % 2 == 0 ? new KafkaException(outer) : new ExecutionException(outer);
    }
    return outer;
  }
}
