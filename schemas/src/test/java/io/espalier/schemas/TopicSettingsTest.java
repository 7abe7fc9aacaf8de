package io.espalier.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class TopicSettingsTest {
  private final Topics topics = new Topics("", SchemaRegistry.inMemory("settings"), 1);

  @Test
  void what_people_and_registries_write_is_small_and_stamped_by_the_broker() {
    Map<String, String> history =
        Map.of(
            "cleanup.policy", "delete",
            "max.message.bytes", "262144",
            "retention.ms", "7776000000",
            "message.timestamp.type", "LogAppendTime");

    assertThat(topics.modelRegistered().settings().asMap()).isEqualTo(history);
    assertThat(topics.runRequests().settings().asMap()).isEqualTo(history);
    assertThat(topics.workerHeartbeats().settings().asMap())
        .containsEntry("max.message.bytes", "262144")
        .containsEntry("retention.ms", "86400000")
        .containsEntry("message.timestamp.type", "LogAppendTime");
    assertThat(topics.pruningPolicies().settings().asMap())
        .containsEntry("cleanup.policy", "compact")
        .containsEntry("max.message.bytes", "262144")
        .containsEntry("retention.ms", "-1");
  }

  @Test
  void what_services_write_may_be_four_megabytes() {
    assertThat(topics.stageEvents().settings().asMap())
        .containsEntry("max.message.bytes", "4194304")
        .containsEntry("message.timestamp.type", "LogAppendTime");
    assertThat(topics.stageCommands("gpu").settings().asMap())
        .containsEntry("cleanup.policy", "delete")
        .containsEntry("max.message.bytes", "4194304")
        .containsEntry("retention.ms", "7776000000");
    assertThat(topics.runs().settings().asMap())
        .containsEntry("cleanup.policy", "compact")
        .containsEntry("max.message.bytes", "4194304");
    assertThat(topics.prunedModel().settings().asMap())
        .containsEntry("max.message.bytes", "4194304");
    assertThat(topics.closedAttempts().settings().asMap())
        .containsEntry("cleanup.policy", "compact,delete")
        .containsEntry("retention.ms", "7776000000");
  }

  @Test
  void nobody_but_people_deletes_dead_letters() {
    assertThat(TopicSettings.deadLetters().asMap())
        .containsEntry("cleanup.policy", "delete")
        .containsEntry("max.message.bytes", "4194304")
        .containsEntry("retention.ms", "-1");
  }
}
