package io.espalier.streams.domain.policy;

import io.espalier.gate.Gate;
import io.espalier.streams.domain.RefusedException;
import io.espalier.streams.domain.model.Model;
import io.espalier.streams.domain.stage.StageSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Plan for models of a kind. One that is malformed cannot be made.
 *
 * @param name policy name
 * @param generation grows with each change of content and never comes again
 * @param match which models it is for
 * @param maxGeneration highest generation depth of a model that it still takes: 0 = never what was
 *     made here
 * @param data data by role as URIs; a role that is absent here comes from the model
 * @param stages what is done, in order; at least one
 * @param gates what a result must meet
 * @param onGateFailure what happens to a result that misses a gate
 * @param placement where it is done
 * @param effort how hard a run tries
 * @param seed seed of everything random in a run
 */
public record Policy(
    String name,
    long generation,
    Match match,
    int maxGeneration,
    Map<String, String> data,
    List<StageSpec> stages,
    List<Gate> gates,
    OnGateFailure onGateFailure,
    Placement placement,
    RetryPolicy effort,
    long seed) {
  /** A pool's name is part of a topic's name. */
  private static final Pattern POOL = Pattern.compile("[a-zA-Z0-9_-][a-zA-Z0-9._-]{0,99}");

  private static final Duration LONGEST = Duration.ofDays(3650);

  /**
   * A policy.
   *
   * @throws RefusedException if anything in it is malformed, naming every problem
   */
  public Policy {
    data = Map.copyOf(data);
    stages = List.copyOf(stages);
    gates = List.copyOf(gates);
    List<String> problems = new ArrayList<>();
    require(problems, !name.isBlank(), "name must not be empty");
    require(problems, !stages.isEmpty(), "at least one stage is needed");
    require(
        problems,
        POOL.matcher(placement.pool()).matches(),
        "pool must be letters, digits, '.', '_' or '-', found '%s'".formatted(placement.pool()));
    require(
        problems,
        effort.maxAttempts() >= 1,
        "maxAttempts must be at least 1, found " + effort.maxAttempts());
    require(
        problems,
        !effort.backoff().isNegative() && effort.backoff().compareTo(LONGEST) <= 0,
        "backoffMillis must be from 0 to ten years, found " + effort.backoff().toMillis());
    require(
        problems,
        effort.deadline().toMillis() > 0 && effort.deadline().compareTo(LONGEST) <= 0,
        "deadlineMillis must be over 0 and at most ten years, found "
            + effort.deadline().toMillis());
    require(
        problems,
        effort
            .queueTimeout()
            .map(bound -> bound.toMillis() > 0 && bound.compareTo(LONGEST) <= 0)
            .orElse(true),
        "queueTimeoutMillis must be over 0 and at most ten years");
    match.names().stream()
        .filter(glob -> glob.wildcards() > Glob.MOST_WILDCARDS)
        .forEach(
            glob ->
                problems.add(
                    "a name may have at most %d wildcards, found %d"
                        .formatted(Glob.MOST_WILDCARDS, glob.wildcards())));
    if (!problems.isEmpty()) {
      throw new RefusedException("policy '%s' generation %d".formatted(name, generation), problems);
    }
  }

  /**
   * Returns what is done by this policy, whichever models it is for; the same for the same work.
   *
   * <p>Run ids are hashes of it. So each field is named here, and a list comes after its length: a
   * field that is added to a type does not change the ids of those that are running.
   */
  public List<String> work() {
    List<String> work = new ArrayList<>();
    work.add(Integer.toString(stages.size()));
    stages.forEach(stage -> work.addAll(List.of(symbol(stage), stage.spec())));
    work.add(Integer.toString(data.size()));
    new TreeMap<>(data).forEach((role, uri) -> work.addAll(List.of(role, uri)));
    work.add(Integer.toString(gates.size()));
    gates.forEach(gate -> work.addAll(gateFields(gate)));
    work.add(onGateFailure.name());
    work.add(placement.pool());
    work.add(Integer.toString(placement.priority()));
    work.add(Integer.toString(effort.maxAttempts()));
    work.add(Long.toString(effort.backoff().toMillis()));
    work.add(Long.toString(effort.deadline().toMillis()));
    work.add(effort.queueTimeout().map(bound -> Long.toString(bound.toMillis())).orElse(""));
    work.add(Long.toString(seed));
    return List.copyOf(work);
  }

  /** Ids of runs go by names as they were when kinds were symbols. */
  private static String symbol(StageSpec stage) {
    return stage.kind().name().toUpperCase(Locale.ROOT);
  }

  /** The bound goes by its bits: Java's releases write some numbers differently. */
  private static List<String> gateFields(Gate gate) {
    String bits = Long.toHexString(Double.doubleToLongBits(gate.bound()));
    return List.of(gate.metric(), gate.rule().name(), bits);
  }

  /** Returns whether this policy is for a model: its conditions hold and it is not a loop. */
  public boolean accepts(Model model) {
    return model.origin().generation() <= maxGeneration && match.accepts(model);
  }

  /**
   * Returns its conditions in the order in which people are told of them; all of them hold if it
   * {@linkplain #accepts accepts} the model, and only then.
   */
  public List<Condition> conditions(Model model) {
    List<Condition> conditions = new ArrayList<>(match.conditions(model));
    int generation = model.origin().generation();
    if (generation > 0) {
      conditions.add(
          new Condition(
              "maxGeneration",
              "at least %d, as often as the model was optimized already".formatted(generation),
              Integer.toString(maxGeneration),
              generation <= maxGeneration));
    }
    return List.copyOf(conditions);
  }

  private static void require(List<String> problems, boolean holds, String problem) {
    if (!holds) {
      problems.add(problem);
    }
  }
}
