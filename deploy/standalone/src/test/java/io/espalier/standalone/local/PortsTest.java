package io.espalier.standalone.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

class PortsTest {
  @Test
  void a_port_that_is_taken_is_refused_with_who_has_it_and_the_option_for_another()
      throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();

      assertThat(Ports.listens(port)).isTrue();
      assertThatThrownBy(() -> new Ports(port, 0).require())
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContainingAll(
              "port " + port,
              "process %d (".formatted(ProcessHandle.current().pid()),
              "--broker-port");
      assertThatThrownBy(() -> new Ports(0, port).require())
          .hasMessageContaining("--registry-port");
    }
  }

  @Test
  void a_port_that_is_free_stays_as_it_is_and_0_becomes_one_that_is_free() {
    int free = Ports.free(1)[0];

    Ports chosen = new Ports(free, 0).require();

    assertThat(chosen.broker()).isEqualTo(free);
    assertThat(chosen.registry()).isPositive().isNotEqualTo(free);
    assertThat(Ports.listens(chosen.registry())).isFalse();
    assertThat(PortHolder.of(free)).isEmpty();
  }

  @Test
  void what_is_no_port_is_refused() {
    assertThatThrownBy(() -> new Ports(70_000, 0).require())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContainingAll("--broker-port", "65535", "70000");
  }
}
