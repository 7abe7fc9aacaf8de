package io.espalier.streams.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topics;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import org.apache.kafka.streams.StreamsConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The settings as Kafka Streams understands them: what the guarantees rest on. */
final class StreamsSettingsTest {
  @Test
  void what_is_decided_is_written_exactly_once() {
    assertThat(streams(Map.of()).getString(StreamsConfig.PROCESSING_GUARANTEE_CONFIG))
        .isEqualTo("exactly_once_v2");
  }

  @Test
  void another_instance_has_the_stores_and_takes_over_after_ten_seconds() {
    StreamsConfig settings = streams(Map.of());

    assertThat(settings.getInt(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG)).isEqualTo(1);
    assertThat(settings.getMainConsumerConfigs("group", "client", 0))
        .containsEntry("session.timeout.ms", 10_000);
  }

  @Test
  void bad_records_go_to_the_handlers_and_these_to_the_dead_letters() {
    StreamsConfig settings = streams(Map.of());

    assertThat(settings.getClass(StreamsConfig.DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG))
        .isEqualTo(UnreadableRecords.class);
    assertThat(settings.getClass(StreamsConfig.PROCESSING_EXCEPTION_HANDLER_CLASS_CONFIG))
        .isEqualTo(UnprocessableRecords.class);
    assertThat(settings.getString(StreamsConfig.ERRORS_DEAD_LETTER_QUEUE_TOPIC_NAME_CONFIG))
        .isEqualTo("espalier.dead-letters");
  }

  @Test
  void stores_share_bounded_memory() {
    assertThat(streams(Map.of()).getClass(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG))
        .isEqualTo(BoundedRocksDb.class);
  }

  @Test
  void security_settings_reach_the_clients() {
    StreamsConfig settings =
        streams(
            Map.of(
                "security.protocol", "SASL_SSL",
                "sasl.mechanism", "PLAIN",
                "ssl.truststore.location", "/etc/trusted.jks"));

    assertThat(settings.getMainConsumerConfigs("group", "client", 0))
        .containsEntry("security.protocol", "SASL_SSL")
        .containsEntry("sasl.mechanism", "PLAIN")
        .containsEntry("ssl.truststore.location", "/etc/trusted.jks");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"processing.guarantee", "num.standby.replicas", "consumer.isolation.level", "ssl"})
  void other_settings_of_the_clients_are_refused(String property) {
    assertThatThrownBy(() -> config(Map.of(property, "any")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("security., sasl. or ssl.")
        .hasMessageContaining(property);
  }

  private static StreamsConfig streams(Map<String, String> clientProperties) {
    return new StreamsConfig(StreamsSettings.of(config(clientProperties)));
  }

  private static CoordinatorConfig config(Map<String, String> clientProperties) {
    return new CoordinatorConfig(
        "nowhere:9092",
        SchemaRegistry.inMemory("streams-settings"),
        Topics.DEFAULT_PREFIX,
        CoordinatorConfig.DEFAULT_APPLICATION_ID,
        Path.of("state"),
        URI.create("file:///artifacts/"),
        CoordinatorTiming.DEFAULT,
        1,
        clientProperties);
  }
}
