package io.espalier.streams.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException;
import io.espalier.streams.domain.RefusedException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.streams.errors.StreamsException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class TransientTest {
  @ParameterizedTest
  @MethodSource("passing")
  void a_broker_or_registry_out_of_reach_will_pass_however_deep_it_is_wrapped(Throwable thrown) {
    assertThat(Transient.is(thrown)).isTrue();
    assertThat(Transient.is(new StreamsException(new SerializationException(thrown)))).isTrue();
  }

  @ParameterizedTest
  @MethodSource("lasting")
  void what_is_wrong_with_a_record_or_a_permission_will_not_pass(Throwable thrown) {
    assertThat(Transient.is(thrown)).isFalse();
    assertThat(Transient.is(new StreamsException(thrown))).isFalse();
  }

  static Stream<Throwable> passing() {
    return Stream.of(
        new TimeoutException("slow"),
        new ProducerFencedException("another one"),
        new InvalidProducerEpochException("old"),
        new ConnectException("refused"),
        new SocketTimeoutException("slow"),
        new UnknownHostException("registry"),
        new RestClientException("overloaded", 503, 50301),
        new RestClientException("too many", 429, 42901));
  }

  static Stream<Throwable> lasting() {
    return Stream.of(
        new RefusedException("event", List.of("it has no name")),
        new SerializationException("unknown magic byte"),
        new RestClientException("no such schema", 404, 40403),
        new RestClientException("not allowed", 403, 40301),
        new TopicAuthorizationException("not allowed"),
        new IllegalStateException("mistake"));
  }
}
