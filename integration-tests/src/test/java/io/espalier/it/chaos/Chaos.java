package io.espalier.it.chaos;

import io.espalier.event.Run;
import io.espalier.standalone.client.topic.Address;
import io.espalier.standalone.client.topic.Cluster;
import io.espalier.standalone.client.topic.TopicReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A run of the whole system under random faults.
 *
 * @param seed where the faults come from
 * @param models how many models are registered at its beginning
 * @param steps steps of a second of each stage
 * @param plan which faults happen
 * @param faults how long faults happen
 * @param patience how long it may take to come to an end afterwards
 */
public record Chaos(
    long seed, int models, int steps, FaultPlan plan, Duration faults, Duration patience) {
  private static final int WORKERS = 3;
  private static final int SLOTS = 3;
  private static final Duration BROKER_START = Duration.ofMinutes(10);

  /** Thirty models a minute and three workers of three slots, which need 67 s for 30 of 20 s. */
  static Chaos ofMinutes(int minutes, long seed) {
    return new Chaos(
        seed,
        30 * minutes,
        20,
        FaultPlan.SECONDS,
        Duration.ofMinutes(minutes),
        Duration.ofMinutes(5));
  }

  /**
   * Three models a minute of two minutes each, for which nine slots need two thirds of the time.
   */
  static Chaos withFaultsOfMinutes(int minutes, long seed) {
    return new Chaos(
        seed,
        3 * minutes,
        120,
        FaultPlan.MINUTES,
        Duration.ofMinutes(minutes),
        Duration.ofMinutes(15));
  }

  /**
   * Runs for so many minutes, 2 if not said otherwise, or with faults of minutes, for 15: {@code
   * Chaos [long] [MINUTES [SEED]]}.
   */
  public static void main(String[] arguments) throws IOException {
    boolean lasting = arguments.length > 0 && arguments[0].equals("long");
    List<String> numbers = List.of(arguments).subList(lasting ? 1 : 0, arguments.length);
    int minutes = numbers.isEmpty() ? (lasting ? 15 : 2) : Integer.parseInt(numbers.get(0));
    long seed = numbers.size() > 1 ? Long.parseLong(numbers.get(1)) : System.nanoTime();
    Chaos chaos = lasting ? withFaultsOfMinutes(minutes, seed) : ofMinutes(minutes, seed);
    List<String> problems = chaos.run();
    problems.forEach(System.out::println);
    System.exit(problems.isEmpty() ? 0 : 1);
  }

  /** Returns what was not as it should be; prints seed, faults and figures. */
  List<String> run() throws IOException {
    Path directory = Files.createTempDirectory("espalier-chaos");
    System.out.printf("seed %d; logs in %s%n", seed, directory);
    List<String> names = IntStream.range(0, models).mapToObj(i -> "model-" + i).toList();
    var check = new ChaosCheck(Set.copyOf(names), Duration.ofSeconds(steps));
    try (var system = new ChaosSystem(directory, WORKERS, SLOTS)) {
      system.applyPolicy(steps);
      system.register(names);
      var driver = new FaultDriver(system, plan, seed);
      driver.run(faults);
      boolean over = awaitEnd(system, check, driver);
      History history = History.read(system.bootstrapServers(), system.topics());
      System.out.println(check.figures(history));
      var problems = new ArrayList<String>(check.problems(history));
      if (!over) {
        problems.add(0, "not over after " + patience + "; " + states(history));
      }
      return problems;
    }
  }

  private boolean awaitEnd(ChaosSystem system, ChaosCheck check, FaultDriver driver) {
    var address =
        new Address(
            system.bootstrapServers(),
            system.registryUrl(),
            system.topics().prefix(),
            BROKER_START);
    Instant end = Instant.now().plus(patience);
    List<Run> states = new ArrayList<>();
    try (Cluster cluster = Cluster.connect(address);
        TopicReader<Run> reader = cluster.read(system.topics().runs())) {
      while (!check.isOver(states)) {
        if (Instant.now().isAfter(end)) {
          return false;
        }
        reader.poll().forEach(entry -> entry.value().ifPresent(states::add));
        driver.heal(Instant.MAX);
      }
    }
    return true;
  }

  private static String states(History history) {
    return history.runs().stream()
        .collect(Collectors.toMap(Run::getRunId, Run::getState, (before, after) -> after))
        .values()
        .stream()
        .collect(Collectors.groupingBy(state -> state, Collectors.counting()))
        .toString();
  }
}
