package io.espalier.worker.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topics;
import io.espalier.worker.kafka.claim.GroupSettings;
import io.espalier.worker.kafka.claim.Lease;
import io.espalier.worker.kafka.record.KafkaClients;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.junit.jupiter.api.Test;

final class BrokerChecksTest {
  private static final Lease LEASE = new Lease(Duration.ofSeconds(20), 7);

  @Test
  void a_group_is_set_as_its_lease_says_and_loses_nothing() {
    assertThat(GroupSettings.of(LEASE).values())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "share.auto.offset.reset", "earliest",
                "share.isolation.level", "read_committed",
                "share.record.lock.duration.ms", "20000",
                "share.delivery.count.limit", "7",
                "share.partition.max.record.locks", "4000",
                "share.renew.acknowledge.enable", "true"));
  }

  @Test
  void a_group_that_took_every_setting_differs_in_none() {
    assertThat(GroupSettings.of(LEASE).differences(set())).isEmpty();
  }

  @Test
  void every_setting_that_a_broker_does_not_have_as_wanted_is_named() {
    var found =
        new Config(
            List.of(
                new ConfigEntry("share.auto.offset.reset", "latest"),
                new ConfigEntry("share.isolation.level", "read_committed"),
                new ConfigEntry("share.record.lock.duration.ms", "30000"),
                new ConfigEntry("share.delivery.count.limit", "7"),
                new ConfigEntry("share.partition.max.record.locks", "4000")));

    assertThat(GroupSettings.of(LEASE).differences(found))
        .containsExactly(
            "share.auto.offset.reset should be earliest but is latest",
            "share.record.lock.duration.ms should be 20000 but is 30000",
            "share.renew.acknowledge.enable should be true but is unknown");
  }

  @Test
  void a_broker_that_learns_of_its_settings_late_is_waited_for() {
    Iterator<Config> answers = List.of(new Config(List.of()), set()).iterator();

    assertThat(GroupSettings.of(LEASE).awaitIn(answers::next, Duration.ofSeconds(30))).isEmpty();
    assertThat(answers).isExhausted();
  }

  @Test
  void a_broker_that_never_has_its_settings_is_not_waited_for_for_ever() {
    assertThat(GroupSettings.of(LEASE).awaitIn(() -> new Config(List.of()), Duration.ZERO))
        .hasSize(6)
        .contains("share.auto.offset.reset should be earliest but is unknown");
  }

  private static Config set() {
    return new Config(
        GroupSettings.of(LEASE).values().entrySet().stream()
            .map(setting -> new ConfigEntry(setting.getKey(), setting.getValue()))
            .toList());
  }

  @Test
  void a_worker_needs_the_commands_of_its_own_pool_and_four_topics_more() {
    var topics = new Topics("t.", SchemaRegistry.inMemory("premises"), 1);

    assertThat(BrokerChecks.topics(topics, "gpu"))
        .containsExactlyInAnyOrder(
            "t.stage-commands.gpu",
            "t.stage-events",
            "t.closed-attempts",
            "t.worker-heartbeats",
            "t.dead-letters");
  }

  @Test
  void a_broker_that_does_not_answer_is_named_and_worth_another_attempt() throws IOException {
    var topics = new Topics("t.", SchemaRegistry.inMemory("premises"), 1);
    String nobody = "127.0.0.1:" + closedPort();
    Map<String, Object> impatient =
        Map.of(
            "bootstrap.servers", nobody,
            "request.timeout.ms", "300",
            "default.api.timeout.ms", "400");

    try (Admin admin = new KafkaClients(impatient).admin()) {
      var premises = new BrokerChecks(admin, nobody);

      assertThatThrownBy(() -> premises.requireTopics(topics, "gpu"))
          .isInstanceOf(UnreachableException.class)
          .hasMessageContaining("listing the topics")
          .hasMessageContaining(nobody);
    }
  }

  private static int closedPort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
