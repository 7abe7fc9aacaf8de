package io.espalier.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.schemas.SchemaRegistry;
import io.espalier.standalone.client.topic.Address;
import io.espalier.standalone.client.topic.Cluster;
import io.espalier.standalone.local.Services;
import io.espalier.streams.app.Coordinator;
import io.espalier.streams.app.CoordinatorConfig;
import io.espalier.streams.app.CoordinatorException;
import io.espalier.streams.app.CoordinatorTiming;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Topics that somebody set otherwise than {@code setup} does. */
class TopicSettingsIT {
  @Test
  void a_coordinator_does_not_start_on_topics_that_are_set_otherwise_and_setup_mends_them() {
    try (Installed installed = Installed.as("settings");
        Cluster cluster = Cluster.connect(installed.address())) {
      String topic = installed.topics().modelRegistered().name();
      installed.alter(installed.topics().modelRegistered(), "max.message.bytes", "5000000");
      installed.alter(installed.topics().modelRegistered(), "retention.ms", "1000");

      assertThatThrownBy(() -> start(installed))
          .isInstanceOf(CoordinatorException.class)
          .hasMessageContainingAll(
              "topic %s should be set to".formatted(topic),
              "max.message.bytes=262144",
              "retention.ms=7776000000",
              "Run `espalier setup`");

      assertThat(cluster.setUp(List.of("default"), 2, (short) 1).changed()).containsExactly(topic);
      assertThatCode(() -> start(installed)).doesNotThrowAnyException();
    }
  }

  private static void start(Installed installed) {
    Address address = installed.address();
    var config =
        new CoordinatorConfig(
            address.bootstrapServers(),
            SchemaRegistry.at(address.registryUrl()),
            address.topicPrefix(),
            Services.applicationId(address),
            installed.folder().resolve("state"),
            installed.artifacts(),
            CoordinatorTiming.DEFAULT,
            1,
            Map.of());
    Coordinator.start(config).close();
  }
}
