package io.espalier.it.chaos;

import io.espalier.event.ModelRejected;
import io.espalier.event.PrunedModel;
import io.espalier.event.Run;
import io.espalier.event.StageEvent;
import io.espalier.schemas.Topic;
import io.espalier.schemas.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Everything committed to the topics that tell what became of the models, each in the order of its
 * partitions.
 *
 * @param runs states of runs
 * @param stageEvents reports of workers
 * @param pruned results
 * @param rejected runs that ended without one
 * @param deadLetters what was refused, in words
 */
record History(
    List<Run> runs,
    List<StageEvent> stageEvents,
    List<PrunedModel> pruned,
    List<ModelRejected> rejected,
    List<String> deadLetters) {
  private static final Duration POLL = Duration.ofMillis(200);

  History {
    runs = List.copyOf(runs);
    stageEvents = List.copyOf(stageEvents);
    pruned = List.copyOf(pruned);
    rejected = List.copyOf(rejected);
    deadLetters = List.copyOf(deadLetters);
  }

  static History read(String bootstrapServers, Topics topics) {
    return new History(
        values(bootstrapServers, topics.runs()),
        values(bootstrapServers, topics.stageEvents()),
        values(bootstrapServers, topics.prunedModel()),
        values(bootstrapServers, topics.modelRejected()),
        everything(bootstrapServers, topics.deadLetters(), new ByteArrayDeserializer()).stream()
            .map(History::described)
            .toList());
  }

  private static <V> List<V> values(String bootstrapServers, Topic<V> topic) {
    return everything(bootstrapServers, topic.name(), topic.values().deserializer()).stream()
        .map(ConsumerRecord::value)
        .toList();
  }

  private static <V> List<ConsumerRecord<String, V>> everything(
      String bootstrapServers, String topic, Deserializer<V> values) {
    Map<String, Object> settings =
        Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_committed");
    try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), values)) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(info -> new TopicPartition(topic, info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      List<ConsumerRecord<String, V>> everything = new ArrayList<>();
      while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        consumer.poll(POLL).forEach(everything::add);
      }
      return everything;
    }
  }

  private static String described(ConsumerRecord<String, byte[]> letter) {
    return header(letter, "topic").orElse("?") + ": " + header(letter, "message").orElse("?");
  }

  private static Optional<String> header(ConsumerRecord<String, byte[]> letter, String name) {
    return Optional.ofNullable(letter.headers().lastHeader("__streams.errors." + name))
        .map(header -> new String(header.value(), StandardCharsets.UTF_8));
  }
}
