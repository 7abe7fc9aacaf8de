package io.espalier.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class ClientPropertiesTest {
  @Test
  void security_may_be_set() {
    assertThat(
            ClientProperties.problem(
                List.of("security.protocol", "sasl.jaas.config", "ssl.truststore.location")))
        .isEmpty();
    assertThat(ClientProperties.problem(List.of())).isEmpty();
  }

  @Test
  void what_the_guarantees_rest_on_may_not() {
    assertThat(ClientProperties.problem(List.of("ssl.protocol", "enable.idempotence", "acks")))
        .contains("properties of the clients begin with security., sasl. or ssl., found acks");
    assertThat(ClientProperties.problem(List.of("bootstrap.servers"))).isPresent();
    assertThat(ClientProperties.problem(List.of("security"))).isPresent();
  }
}
