package io.espalier.standalone.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.schemas.InstallationException;
import io.espalier.schemas.RegistryUnavailableException;
import io.espalier.schemas.UnreadableEventException;
import io.espalier.standalone.local.ServiceException;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.kafka.UnreachableException;
import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FailuresTest {
  static Stream<Exception> brokers_and_registries_out_of_order() {
    return Stream.of(
        new RegistryUnavailableException("no answer", new IOException("away")),
        new ExecutionException(new TimeoutException("no broker")),
        new ExecutionException(new TopicAuthorizationException("stage-events")),
        new UnreachableException("no broker", null),
        new ServiceException("the broker ended"),
        new InstallationException("refused", new IOException("away")));
  }

  @ParameterizedTest
  @MethodSource
  void brokers_and_registries_out_of_order(Exception failure) {
    assertThat(Failures.exitCode(failure)).isEqualTo(6);
  }

  @Test
  void input_is_to_blame_for_itself_and_all_else_is_unexpected() {
    assertThat(Failures.exitCode(new InvalidInputException("no model"))).isEqualTo(3);
    assertThat(Failures.exitCode(new UnreadableEventException("no event", null))).isEqualTo(1);
    assertThat(Failures.exitCode(new IllegalStateException("a fault of ours"))).isEqualTo(1);
  }
}
