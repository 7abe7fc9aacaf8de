package io.espalier.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that what other tests stand on runs as was asked for, so that neither way rots unseen. */
class ServersIT {
  @TempDir private Path directory;

  @Test
  void servers_run_as_was_asked_for_and_answer() throws Exception {
    Backbone backbone = Backbone.shared();

    assertThat(backbone.servers()).isEqualTo(Servers.asked().orElse(backbone.servers()));
    assertThat(backbone.broker())
        .isInstanceOf(
            backbone.servers() == Servers.DOCKER ? ContainerBroker.class : ProcessBroker.class);
    assertThat(clusterId(backbone.broker())).isNotEmpty();
    assertThat(status(backbone.registryUrl() + "/subjects")).isEqualTo(HttpURLConnection.HTTP_OK);
  }

  @Test
  void a_broker_that_was_killed_is_the_same_at_the_same_address() throws Exception {
    try (Broker broker = Backbone.shared().servers().startBroker(directory)) {
      String address = broker.bootstrapServers();
      String id = clusterId(broker);

      broker.kill();
      broker.restart();

      assertThat(broker.bootstrapServers()).isEqualTo(address);
      assertThat(clusterId(broker)).isEqualTo(id);
      assertThat(directory.resolve("broker.log")).isNotEmptyFile();
    }
  }

  private static String clusterId(Broker broker) throws Exception {
    try (Admin admin =
        Admin.create(Map.<String, Object>of("bootstrap.servers", broker.bootstrapServers()))) {
      return admin.describeCluster().clusterId().get();
    }
  }

  private static int status(String url) throws IOException {
    var connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
    try {
      return connection.getResponseCode();
    } finally {
      connection.disconnect();
    }
  }
}
