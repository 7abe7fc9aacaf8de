package io.espalier.it.bench;

import io.espalier.schemas.Installation;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topics;
import io.espalier.standalone.local.LocalBroker;
import io.espalier.standalone.local.LocalRegistry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;

/**
 * Time from a registered model to a command for a worker, and number of them per second: a real
 * broker in its own JVM, exactly once, 100 policies of which one matches each model. The limit that
 * it is compared with is a topology that copies the same events, exactly once and with the same
 * settings, without looking at them.
 */
public final class CoordinatorBenchmark {
  private static final int POLICIES = 100;
  static final String POOL = "bench";

  static final int PARTITIONS = 2;
  private static final int WARM_UP = 500;
  private static final int PACED = 1_000;
  private static final int PER_SECOND = 50;
  private static final int BULK = 100_000;
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private CoordinatorBenchmark() {}

  /** Runs it and prints what it measured. */
  public static void main(String[] arguments) throws Exception {
    Path directory = Files.createTempDirectory("espalier-bench");
    printMachine();
    try (LocalBroker broker = LocalBroker.start(directory.resolve("broker"));
        LocalRegistry registry = LocalRegistry.start(directory.resolve("registry"))) {
      SchemaRegistry schemas = SchemaRegistry.at(registry.url());
      Topics topics = topics(broker, schemas);
      measure(
          new Load(broker.bootstrapServers(), schemas, topics, new Load.PolicySet(POLICIES, 1)),
          directory);
    }
    System.exit(0);
  }

  private static void measure(Load load, Path directory) throws Exception {
    load.applyPolicies();
    try (var alive = load.aliveWorkers();
        var commands = load.commands()) {
      double[] latencies;
      try (var coordinator = load.coordinator(directory.resolve("state"))) {
        load.register("warm-up", WARM_UP, PER_SECOND * 4);
        commands.await(WARM_UP, PATIENCE);
        load.register("paced", PACED, PER_SECOND);
        commands.await(WARM_UP + PACED, PATIENCE);
        latencies = commands.latenciesMillis("paced", load.sentAt());
      }
      printLatencies(latencies);

      load.register("bulk", BULK, Integer.MAX_VALUE);
      double copied = load.passThroughRate(directory.resolve("copy-state"), WARM_UP + PACED + BULK);
      double routed;
      try (var coordinator = load.coordinator(directory.resolve("state"))) {
        commands.await(WARM_UP + PACED + BULK, PATIENCE);
        routed = commands.ratePerSecond("bulk");
      }
      printRates(routed, copied);
    }
  }

  static Topics topics(LocalBroker broker, SchemaRegistry schemas) {
    var topics = new Topics(Topics.DEFAULT_PREFIX, schemas, PARTITIONS);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
      new Installation(topics, schemas, List.of(POOL)).setUp(admin, (short) 1);
    }
    return topics;
  }

  static void printMachine() throws IOException {
    String processor =
        Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
            .filter(line -> line.startsWith("model name"))
            .findFirst()
            .orElse("unknown");
    System.out.printf(
        "machine: %d cores, %s; load %.1f%n",
        Runtime.getRuntime().availableProcessors(),
        processor.replaceFirst(".*: ", ""),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  private static void printLatencies(double[] millis) {
    Arrays.sort(millis);
    System.out.printf(
        "registered -> command, %d events at %d/s, %d policies: p50 %.0f ms, p90 %.0f ms, p99 %.0f"
            + " ms, max %.0f ms (wanted: p99 <= 120)%n",
        millis.length,
        PER_SECOND,
        POLICIES,
        percentile(millis, 0.5),
        percentile(millis, 0.9),
        percentile(millis, 0.99),
        millis[millis.length - 1]);
  }

  private static void printRates(double routed, double copied) {
    System.out.printf(
        "throughput over %d events: %.0f commands/s, pass-through %.0f events/s, ratio %.2f"
            + " (wanted: >= 1000/s, >= 0.2)%n",
        BULK, routed, copied, routed / copied);
  }

  private static double percentile(double[] sorted, double share) {
    return sorted[(int) Math.ceil(share * sorted.length) - 1];
  }
}
