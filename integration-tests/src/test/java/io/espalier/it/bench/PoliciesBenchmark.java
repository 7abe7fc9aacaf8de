package io.espalier.it.bench;

import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topics;
import io.espalier.standalone.local.LocalBroker;
import io.espalier.standalone.local.LocalRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;

/**
 * Cost of many policies: registrations per second with 100 policies and with 10,000, of which three
 * match each model, one after the other and each twice, on a broker of their own.
 */
public final class PoliciesBenchmark {
  private static final int FEW = 100;
  private static final int MANY = 10_000;
  private static final int MATCHING = 3;
  private static final int WARM_UP = 2_000;
  private static final int MODELS = 20_000;
  private static final int ROUNDS = 2;
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private PoliciesBenchmark() {}

  /** Runs it and prints what it measured. */
  public static void main(String[] arguments) throws Exception {
    CoordinatorBenchmark.printMachine();
    double few = 0;
    double many = 0;
    for (int round = 0; round < ROUNDS; round++) {
      few = Math.max(few, modelsPerSecond(FEW));
      many = Math.max(many, modelsPerSecond(MANY));
    }
    System.out.printf(
        Locale.ROOT,
        "time per model with %,d policies / with %d, best of %d: %.2f (wanted: <= 1.5)%n",
        MANY,
        FEW,
        ROUNDS,
        few / many);
    System.exit(0);
  }

  private static double modelsPerSecond(int policies) throws Exception {
    Path directory = Files.createTempDirectory("espalier-bench");
    try (LocalBroker broker = LocalBroker.start(directory.resolve("broker"));
        LocalRegistry registry = LocalRegistry.start(directory.resolve("registry"))) {
      SchemaRegistry schemas = SchemaRegistry.at(registry.url());
      Topics topics = CoordinatorBenchmark.topics(broker, schemas);
      var set = new Load.PolicySet(policies, MATCHING);
      double rate =
          rate(new Load(broker.bootstrapServers(), schemas, topics, set), directory) / MATCHING;
      System.out.printf(Locale.ROOT, "%,7d policies: %,.0f models/s%n", policies, rate);
      return rate;
    }
  }

  private static double rate(Load load, Path directory) throws Exception {
    load.applyPolicies();
    try (var alive = load.aliveWorkers();
        var commands = load.commands();
        var coordinator = load.coordinator(directory.resolve("state"))) {
      load.register("warm-up", WARM_UP, Integer.MAX_VALUE);
      commands.await(MATCHING * WARM_UP, PATIENCE);
      load.register("bulk", MODELS, Integer.MAX_VALUE);
      commands.await(MATCHING * (WARM_UP + MODELS), PATIENCE);
      return commands.ratePerSecond("bulk");
    }
  }
}
