package io.espalier.standalone.client.topic;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegistryProbeTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://user:secret@localhost:1",
        "http://user:secret@local host:1",
        "htp://user:secret@localhost"
      })
  void a_registry_that_is_not_there_is_named_without_user_and_password(String url) {
    assertThatThrownBy(() -> RegistryProbe.requireAnswer(new Address("localhost:1", url, "")))
        .isInstanceOf(UnreachableException.class)
        .message()
        .startsWith("no schema registry answers at ")
        .doesNotContain("user", "secret");
  }

  @Test
  void what_is_no_registry_is_named_without_user_and_password() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(404, -1);
          exchange.close();
        });
    server.start();
    int port = server.getAddress().getPort();
    var address = new Address("localhost:1", "http://user:secret@127.0.0.1:" + port, "");
    try {
      assertThatThrownBy(() -> RegistryProbe.requireAnswer(address))
          .isInstanceOf(UnreachableException.class)
          .hasMessageStartingWith("http://127.0.0.1:%d/subjects answers with status 404", port);
    } finally {
      server.stop(0);
    }
  }
}
