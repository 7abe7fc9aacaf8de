package io.espalier.standalone.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.algorithm.search.LayerRules;
import io.espalier.worker.domain.InvalidInputException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A policy to begin with, for models such as one at hand: the algorithm that suits the family, a
 * budget that can be met, and a gate on what is measured of its task.
 */
public final class StarterPolicy {
  /**
   * A gate.
   *
   * @param metric what it looks at
   * @param bound its rule and the bound, as policies write them
   */
  private record Gate(String metric, String bound) {}

  /** Gates of a result: the first of these that is measured. */
  private static final List<Gate> GATES =
      List.of(
          new Gate("perplexity", "percentMaxDegradation: 20"),
          new Gate("f1", "maxDegradation: 0.02"),
          new Gate("accuracy", "maxDegradation: 0.02"),
          new Gate("f1Micro", "maxDegradation: 0.02"),
          new Gate("pearson", "maxDegradation: 0.02"),
          new Gate("similarity", "threshold: 0.95"),
          new Gate("loss", "percentMaxDegradation: 10"));

  private static final Set<String> DECODERS = Set.of("gpt2", "gptj", "llama");

  /** Nothing is trained after a cut yet, so a first budget that is tight would miss the gate. */
  private static final int[] SHARES = {80, 90};

  private static final int LARGEST_DIVISOR = 32;

  /**
   * Budget of a cut.
   *
   * @param quantity what is bounded
   * @param share the bound, in percent of the model at hand
   * @param smallest what can be reached, in percent
   * @param divisor cut widths are multiples of it
   */
  private record Budget(String quantity, int share, double smallest, int divisor) {
    /**
     * Returns whether much smaller models could be reached: else the few that fit may all be poor.
     */
    boolean leavesAChoice() {
      return smallest <= share / 2.0;
    }
  }

  private final OpenedModel model;

  private StarterPolicy(OpenedModel model) {
    this.model = model;
  }

  /**
   * The policy as commented YAML.
   *
   * @throws InvalidInputException if the model is not known or not sound, or nothing of it can be
   *     cut
   */
  public static String of(Path directory) {
    return new StarterPolicy(OpenedModel.open(directory)).text();
  }

  private String algorithm() {
    if (!model.maskable()) {
      return "fastnas";
    }
    return model.task().equals("text-generation") && DECODERS.contains(model.family().name())
        ? "minitron"
        : "gradnas";
  }

  private Budget budget() {
    String quantity = algorithm().equals("minitron") ? "parameters" : "flops";
    for (int share : SHARES) {
      List<Budget> met =
          IntStream.iterate(LARGEST_DIVISOR, divisor -> divisor >= 1, divisor -> divisor / 2)
              .mapToObj(divisor -> budget(quantity, share, divisor))
              .flatMap(Optional::stream)
              .toList();
      if (!met.isEmpty()) {
        return met.stream().filter(Budget::leavesAChoice).findFirst().orElse(met.get(0));
      }
    }
    throw new InvalidInputException(
        "%s: wanted a model of which %s can cut %s to %d %%, found none that narrow; `espalier inspect` says what can be cut"
            .formatted(model.directory().path(), algorithm(), quantity, SHARES[SHARES.length - 1]));
  }

  private Optional<Budget> budget(String quantity, int share, int divisor) {
    var request =
        new Profiling.Request(
            algorithm(),
            divisor,
            LayerRules.NONE,
            Optional.empty(),
            OptionalInt.empty(),
            Map.of(quantity, share + "%"));
    JsonNode profile = Profiling.of(model.directory().path(), request).json();
    double smallest =
        100 * profile.at("/min/" + quantity).asDouble() / profile.at("/max/" + quantity).asDouble();
    return profile.at("/constraints/0/satisfiable").asBoolean()
        ? Optional.of(new Budget(quantity, share, smallest, divisor))
        : Optional.empty();
  }

  private String divisor(Budget budget) {
    String key =
        switch (algorithm()) {
          case "fastnas" -> "channelDivisor";
          case "gradnas" -> "neuronDivisor";
          default -> "";
        };
    return key.isEmpty()
        ? ""
        : "\n        %s: %d   # cut widths are multiples of it".formatted(key, budget.divisor());
  }

  private String gate() {
    return GATES.stream()
        .filter(gate -> model.measured().contains(gate.metric()))
        .findFirst()
        .map(gate -> "{ metric: %s, %s }".formatted(gate.metric(), gate.bound()))
        .orElseThrow(
            () -> new IllegalStateException("no gate looks at any of " + model.measured()));
  }

  private String text() {
    Budget budget = budget();
    String family = model.family().name();
    return """
    # A policy to begin with, for models such as %s.
    # `espalier policies test --model DIR -f FILE` says whether it fits a model,
    # `espalier policies schema` what else can be said, `espalier policies apply -f FILE` puts it in force.
    apiVersion: espalier.io/v1
    kind: PruningPolicy
    metadata:
      name: %s-%s
    spec:
      match:                     # every condition that is given must hold
        task: %s
        families: [%s]
        # names: ["my-*"]        # the model's name is like one of these
        # labels: { tier: edge } # `models register --label tier=edge`
      # data:                    # by role; without this as `models register --data ROLE=URI` says
      #   calibration: "file:///data/%s?split=train"
      #   eval: "file:///data/%s?split=test"
      stages:
        - prune:
            algorithm: %s
            constraints:
              %s: %d%%         # of the model that goes in; the smallest that can be reached is %s %%%s
      gates:                     # what a result must meet to be published
        - %s
      onGateFailure: reject      # or publish
      placement:
        pool: default            # workers that do it
    """
        .formatted(
            model.directory().path().toAbsolutePath().normalize().getFileName(),
            algorithm(),
            family,
            model.task(),
            family,
            model.task(),
            model.task(),
            algorithm(),
            budget.quantity(),
            budget.share(),
            String.format(Locale.ROOT, "%.0f", Math.ceil(budget.smallest())),
            divisor(budget),
            gate());
  }
}
