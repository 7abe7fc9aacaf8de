package io.espalier.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InstallationTest {
  private final SchemaRegistry registry = SchemaRegistry.inMemory("installation");
  private final Topics topics = new Topics("test.", registry, 3);
  private final Installation installation =
      new Installation(topics, registry, List.of("cpu", "gpu"));

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 2", "3, 3", "4, 3", "30, 3"})
  void records_have_three_copies_where_there_are_brokers_enough(int brokers, int copies) {
    assertThat(Installation.usualReplication(brokers)).isEqualTo((short) copies);
  }

  @ParameterizedTest
  @CsvSource({"3", "5"})
  void with_three_copies_two_must_be_written_before_a_record_counts(short copies) {
    assertThat(installation.newTopics(copies))
        .hasSize(topics.all(List.of("cpu", "gpu")).size() + 1) // and the dead letters
        .allSatisfy(
            topic -> {
              assertThat(topic.replicationFactor()).isEqualTo(copies);
              assertThat(topic.configs()).containsEntry("min.insync.replicas", "2");
            });
  }

  /** Otherwise one broker that is away would stop all writing. */
  @ParameterizedTest
  @CsvSource({"1", "2"})
  void with_fewer_copies_one_is_enough(short copies) {
    assertThat(installation.newTopics(copies))
        .isNotEmpty()
        .allSatisfy(
            topic -> {
              assertThat(topic.replicationFactor()).isEqualTo(copies);
              assertThat(topic.configs()).doesNotContainKey("min.insync.replicas");
            });
  }

  @Test
  void topics_are_created_with_their_partitions_and_settings() {
    assertThat(installation.newTopics((short) 1))
        .anySatisfy(
            topic -> {
              assertThat(topic.name()).isEqualTo("test.model-registered");
              assertThat(topic.numPartitions()).isEqualTo(3);
              assertThat(topic.configs()).containsEntry("max.message.bytes", "262144");
            })
        .anySatisfy(
            topic -> {
              assertThat(topic.name()).isEqualTo("test.stage-commands.gpu");
              assertThat(topic.numPartitions()).isEqualTo(1);
            })
        .anySatisfy(
            topic -> {
              assertThat(topic.name()).isEqualTo("test.dead-letters");
              assertThat(topic.configs()).containsEntry("retention.ms", "-1");
            });
  }

  @Test
  void settings_that_differ_or_are_missing_are_found_and_others_are_nobodys_business() {
    var wanted =
        Map.of(
            "cleanup.policy", "compact",
            "max.message.bytes", "262144",
            "retention.ms", "-1");
    var found =
        new Config(
            List.of(
                new ConfigEntry("cleanup.policy", "compact"),
                new ConfigEntry("max.message.bytes", "1048588"),
                new ConfigEntry("segment.bytes", "1000")));

    assertThat(TopicSetup.differences(wanted, found))
        .isEqualTo(Map.of("max.message.bytes", "262144", "retention.ms", "-1"));
  }
}
