package io.espalier.it.bench;

import io.espalier.event.StageCommand;
import io.espalier.event.StageEvent;
import io.espalier.event.StageProgressed;
import io.espalier.event.StageStarted;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topic;
import io.espalier.schemas.Topics;
import io.espalier.standalone.local.LocalBroker;
import io.espalier.standalone.local.LocalRegistry;
import io.espalier.streams.app.CoordinatorConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Start-up time of a coordinator that has consumed millions of reports of progress: with its stores
 * as it left them, and with none, as after a kill.
 */
public final class RestartBenchmark {
  private static final int RUNS = 100;
  private static final int MILLION = 1_000_000;
  private static final Duration LOOK = Duration.ofMillis(500);

  private final LocalBroker broker;
  private final Topics topics;
  private final Load load;

  private RestartBenchmark(LocalBroker broker, SchemaRegistry schemas, Topics topics) {
    this.broker = broker;
    this.topics = topics;
    this.load = new Load(broker.bootstrapServers(), schemas, topics, new Load.PolicySet(RUNS, 1));
  }

  /**
   * Runs it with so many million records, 10 if not said otherwise, and prints what it measured.
   */
  public static void main(String[] arguments) throws Exception {
    int millions = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 10;
    Path directory = Files.createTempDirectory("espalier-bench");
    CoordinatorBenchmark.printMachine();
    try (LocalBroker broker = LocalBroker.start(directory.resolve("broker"));
        LocalRegistry registry = LocalRegistry.start(directory.resolve("registry"))) {
      SchemaRegistry schemas = SchemaRegistry.at(registry.url());
      Topics topics = CoordinatorBenchmark.topics(broker, schemas);
      new RestartBenchmark(broker, schemas, topics)
          .measure(directory.resolve("state"), (long) millions * MILLION);
    }
    System.exit(0);
  }

  private void measure(Path state, long records) throws Exception {
    load.applyPolicies();
    try (var alive = load.aliveWorkers()) {
      try (var coordinator = load.coordinator(state)) {
        load.register("run", RUNS, Integer.MAX_VALUE);
        List<StageCommand> commands = commands();
        begin(commands);
        long start = System.nanoTime();
        progress(commands, records);
        awaitConsumed();
        System.out.printf(
            Locale.ROOT, "%,d records sent and consumed in %.0f s%n", records, since(start));
      }
      System.out.printf(
          Locale.ROOT,
          "running again with its stores in %.1f s (wanted: <= 60)%n",
          secondsToStart(state));
      delete(state);
      System.out.printf(
          Locale.ROOT,
          "running again without its stores in %.1f s (wanted: <= 60)%n",
          secondsToStart(state));
    }
  }

  private double secondsToStart(Path state) throws InterruptedException {
    long start = System.nanoTime();
    try (var coordinator = load.coordinator(state)) {
      return since(start);
    }
  }

  private List<StageCommand> commands() {
    Topic<StageCommand> topic = topics.stageCommands(CoordinatorBenchmark.POOL);
    Map<String, Object> settings =
        Map.of("bootstrap.servers", broker.bootstrapServers(), "isolation.level", "read_committed");
    try (var consumer =
        new KafkaConsumer<>(settings, topic.keys().deserializer(), topic.values().deserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic.name()).stream()
              .map(info -> new TopicPartition(topic.name(), info.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      List<StageCommand> commands = new ArrayList<>();
      while (commands.size() < RUNS) {
        consumer.poll(LOOK).forEach(polled -> commands.add(polled.value()));
      }
      return commands;
    }
  }

  private void begin(List<StageCommand> commands) {
    try (var producer = producer()) {
      commands.forEach(command -> send(producer, command, new StageStarted(1, "cpu")));
    }
  }

  /** The same reports again and again: what they say does not matter, how many there are does. */
  private void progress(List<StageCommand> commands, long records) {
    List<ProducerRecord<String, byte[]>> reports =
        commands.stream()
            .map(
                command ->
                    report(
                        command,
                        new StageProgressed("working", 5_000L, 10_000L, null, Map.of("loss", 0.5))))
            .toList();
    try (var producer = producer()) {
      for (long i = 0; i < records; i++) {
        var unused = producer.send(reports.get((int) (i % reports.size())));
      }
    }
  }

  private KafkaProducer<String, byte[]> producer() {
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers",
            broker.bootstrapServers(),
            "acks",
            "all",
            "linger.ms",
            20,
            "batch.size",
            1 << 18,
            "compression.type",
            "lz4");
    return new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
  }

  private void send(KafkaProducer<String, byte[]> producer, StageCommand command, Object detail) {
    var unused = producer.send(report(command, detail));
  }

  private ProducerRecord<String, byte[]> report(StageCommand command, Object detail) {
    StageEvent event =
        StageEvent.newBuilder()
            .setRunId(command.getRunId())
            .setStageIndex(command.getStageIndex())
            .setAttempt(command.getAttempt())
            .setWorkerId("bench")
            .setAt(Instant.now())
            .setDetail(detail)
            .setToken(command.getToken())
            .build();
    Topic<StageEvent> topic = topics.stageEvents();
    return new ProducerRecord<>(
        topic.name(),
        command.getRunId(),
        topic.values().serializer().serialize(topic.name(), event));
  }

  /** Waits until the coordinator has committed everything on stage-events. */
  private void awaitConsumed() throws ExecutionException, InterruptedException {
    try (Admin admin =
        Admin.create(Map.<String, Object>of("bootstrap.servers", broker.bootstrapServers()))) {
      Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
      for (int i = 0; i < CoordinatorBenchmark.PARTITIONS; i++) {
        latest.put(new TopicPartition(topics.stageEvents().name(), i), OffsetSpec.latest());
      }
      var ends = admin.listOffsets(latest).all().get();
      while (true) {
        Map<TopicPartition, OffsetAndMetadata> committed =
            admin
                .listConsumerGroupOffsets(CoordinatorConfig.DEFAULT_APPLICATION_ID)
                .partitionsToOffsetAndMetadata()
                .get();
        if (ends.entrySet().stream()
            .allMatch(
                end ->
                    committed.containsKey(end.getKey())
                        && committed.get(end.getKey()).offset() >= end.getValue().offset())) {
          return;
        }
        LockSupport.parkNanos(LOOK.toNanos());
      }
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  private static double since(long nanos) {
    return (System.nanoTime() - nanos) / 1e9;
  }
}
