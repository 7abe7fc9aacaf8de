package io.espalier.streams.wire;

import io.espalier.event.PolicyMatch;
import io.espalier.event.PruningPolicy;
import io.espalier.gate.Gate;
import io.espalier.gate.GateResult;
import io.espalier.gate.GateRule;
import io.espalier.schemas.KindNames;
import io.espalier.schemas.Name;
import io.espalier.streams.domain.RefusedException;
import io.espalier.streams.domain.policy.Glob;
import io.espalier.streams.domain.policy.Match;
import io.espalier.streams.domain.policy.OnGateFailure;
import io.espalier.streams.domain.policy.Placement;
import io.espalier.streams.domain.policy.Policy;
import io.espalier.streams.domain.policy.RetryPolicy;
import io.espalier.streams.domain.stage.StageKind;
import io.espalier.streams.domain.stage.StageSpec;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Policies and gates. */
final class PolicyMapping {
  private PolicyMapping() {}

  static Policy fromAvro(PruningPolicy policy) {
    Name.problem("policy name", policy.getName())
        .ifPresent(
            problem -> {
              throw new RefusedException("policy", List.of(problem));
            });
    return new Policy(
        policy.getName(),
        policy.getGeneration(),
        match(policy.getMatch()),
        policy.getMaxGeneration(),
        policy.getData(),
        policy.getStages().stream()
            .map(
                stage -> new StageSpec(kind(stage.getKind(), stage.getKindName()), stage.getSpec()))
            .toList(),
        policy.getGates().stream().map(PolicyMapping::fromAvro).toList(),
        switch (policy.getOnGateFailure()) {
          case REJECT -> OnGateFailure.REJECT;
          case PUBLISH -> OnGateFailure.PUBLISH;
        },
        new Placement(policy.getPool(), policy.getPriority()),
        new RetryPolicy(
            policy.getMaxAttempts(),
            Duration.ofMillis(policy.getBackoffMillis()),
            Duration.ofMillis(policy.getDeadlineMillis()),
            Optional.ofNullable(policy.getQueueTimeoutMillis()).map(Duration::ofMillis)),
        policy.getSeed());
  }

  static PruningPolicy toAvro(Policy policy) {
    PruningPolicy event = new PruningPolicy();
    event.setName(policy.name());
    event.setGeneration(policy.generation());
    event.setMatch(match(policy.match()));
    event.setMaxGeneration(policy.maxGeneration());
    event.setData(policy.data());
    event.setStages(policy.stages().stream().map(PolicyMapping::toAvro).toList());
    event.setGates(policy.gates().stream().map(PolicyMapping::toAvro).toList());
    event.setOnGateFailure(
        switch (policy.onGateFailure()) {
          case REJECT -> io.espalier.event.OnGateFailure.REJECT;
          case PUBLISH -> io.espalier.event.OnGateFailure.PUBLISH;
        });
    event.setPool(policy.placement().pool());
    event.setPriority(policy.placement().priority());
    event.setMaxAttempts(policy.effort().maxAttempts());
    event.setBackoffMillis(policy.effort().backoff().toMillis());
    event.setDeadlineMillis(policy.effort().deadline().toMillis());
    event.setQueueTimeoutMillis(
        policy.effort().queueTimeout().map(Duration::toMillis).orElse(null));
    event.setSeed(policy.seed());
    return event;
  }

  private static io.espalier.event.StageSpec toAvro(StageSpec stage) {
    String name = stage.kind().name();
    return new io.espalier.event.StageSpec(
        KindNames.symbol(name), stage.spec(), KindNames.beside(name));
  }

  static GateResult fromAvro(io.espalier.event.GateResult result) {
    return new GateResult(
        fromAvro(result.getGate()),
        ModelMapping.optional(result.getMeasured()),
        result.getPassed());
  }

  static io.espalier.event.GateResult toAvro(GateResult result) {
    return new io.espalier.event.GateResult(
        toAvro(result.gate()), ModelMapping.nullable(result.measured()), result.passed());
  }

  static List<io.espalier.event.GateResult> toAvro(List<GateResult> results) {
    return results.stream().map(PolicyMapping::toAvro).toList();
  }

  /** A kind of stage as an event tells it: by a symbol, or by the name beside it. */
  static StageKind kind(io.espalier.event.StageKind symbol, String beside) {
    return new StageKind(KindNames.of(symbol, beside));
  }

  private static Match match(PolicyMatch match) {
    return new Match(
        Optional.ofNullable(match.getTask()),
        match.getNames().stream().map(Glob::new).toList(),
        Set.copyOf(match.getFamilies()),
        match.getLabels());
  }

  private static PolicyMatch match(Match match) {
    return new PolicyMatch(
        match.task().orElse(null),
        match.names().stream().map(Glob::toString).toList(),
        match.families().stream().sorted().toList(),
        match.labels());
  }

  static Gate fromAvro(io.espalier.event.Gate gate) {
    GateRule rule =
        switch (gate.getRule()) {
          case THRESHOLD -> GateRule.THRESHOLD;
          case MAX_DEGRADATION -> GateRule.MAX_DEGRADATION;
          case PERCENT_MAX_DEGRADATION -> GateRule.PERCENT_MAX_DEGRADATION;
          case MIN_SPEEDUP -> GateRule.MIN_SPEEDUP;
          case MAX_BYTES -> GateRule.MAX_BYTES;
        };
    return new Gate(gate.getMetric(), rule, gate.getBound());
  }

  static io.espalier.event.Gate toAvro(Gate gate) {
    io.espalier.event.GateRule rule =
        switch (gate.rule()) {
          case THRESHOLD -> io.espalier.event.GateRule.THRESHOLD;
          case MAX_DEGRADATION -> io.espalier.event.GateRule.MAX_DEGRADATION;
          case PERCENT_MAX_DEGRADATION -> io.espalier.event.GateRule.PERCENT_MAX_DEGRADATION;
          case MIN_SPEEDUP -> io.espalier.event.GateRule.MIN_SPEEDUP;
          case MAX_BYTES -> io.espalier.event.GateRule.MAX_BYTES;
        };
    return new io.espalier.event.Gate(gate.metric(), rule, gate.bound());
  }
}
