package io.espalier.standalone.client;

import io.espalier.event.Run;
import io.espalier.event.RunState;
import io.espalier.event.StageCost;
import io.espalier.event.StageOutcome;
import io.espalier.standalone.client.topic.Cluster;
import io.espalier.standalone.client.topic.NewestSearch;
import io.espalier.standalone.client.topic.Portion;
import io.espalier.streams.domain.DurationWords;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Time of workers on the newest finished runs of policies: what another run of the same policy can
 * be expected to cost. Stages whose stored result was reused say nothing of that.
 */
final class PolicyCosts implements NewestSearch<Run> {
  private static final Duration RECENT = Duration.ofDays(30);
  private static final int ENOUGH = 20;
  private static final Set<RunState> DONE = Set.of(RunState.PUBLISHED, RunState.REJECTED);

  private final Map<String, List<Duration>> took = new HashMap<>();

  /** The costs of policies in a running system. */
  static PolicyCosts of(Cluster cluster, Set<String> policies) {
    var costs = new PolicyCosts(policies);
    Portion recent = Portion.all().since(Instant.now().minus(RECENT));
    cluster.search(cluster.topics().runs(), recent, costs);
    return costs;
  }

  /** Costs of these policies, of which nothing is known yet. */
  PolicyCosts(Set<String> policies) {
    policies.forEach(policy -> took.put(policy, new ArrayList<>()));
  }

  @Override
  public void finds(String key, Run run) {
    List<Duration> known = took.get(run.getPolicyName());
    List<StageCost> costs =
        run.getStages().stream().map(StageOutcome::getReport).map(r -> r.getCost()).toList();
    if (known != null
        && known.size() < ENOUGH
        && DONE.contains(run.getState())
        && costs.size() == run.getStageCount()
        && costs.stream().noneMatch(StageCost::getCached)) {
      known.add(Duration.ofMillis(costs.stream().mapToLong(StageCost::getWallMillis).sum()));
    }
  }

  @Override
  public boolean hasEnough(Instant reached) {
    return took.values().stream().allMatch(known -> known.size() >= ENOUGH);
  }

  /** Returns what the newest runs of a policy took, the shortest first; at most twenty. */
  List<Duration> of(String policy) {
    return took.getOrDefault(policy, List.of()).stream().sorted().toList();
  }

  /** The same in words, such as {@code 12s to 40s (5 runs)}. */
  String words(String policy) {
    List<Duration> known = of(policy);
    if (known.isEmpty()) {
      return "not known yet";
    }
    String least = DurationWords.of(seconds(Collections.min(known)));
    String most = DurationWords.of(seconds(Collections.max(known)));
    return "%s (%d run%s)"
        .formatted(
            least.equals(most) ? least : least + " to " + most,
            known.size(),
            known.size() == 1 ? "" : "s");
  }

  private static Duration seconds(Duration time) {
    return Duration.ofSeconds(Math.max(1, Math.round(time.toMillis() / 1_000.0)));
  }
}
