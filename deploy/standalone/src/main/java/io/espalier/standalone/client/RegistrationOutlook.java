package io.espalier.standalone.client;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.event.ModelRegistered;
import io.espalier.event.PruningPolicy;
import io.espalier.event.Run;
import io.espalier.standalone.client.ForetoldRun.RunOutcome;
import io.espalier.standalone.client.topic.Cluster;
import io.espalier.standalone.model.StageForesight;
import io.espalier.standalone.report.TextTable;
import io.espalier.streams.domain.model.Model;
import io.espalier.streams.topology.RunIds;
import io.espalier.streams.wire.CoordinatorTopics;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Outlook of a registration: the policies that are for the model, and why the others are not.
 *
 * @param event the registration
 * @param before the last registration of the same version, if there is one
 * @param matches the policies that are for it
 * @param others the others
 * @param system what else is known of the system
 */
record RegistrationOutlook(
    ModelRegistered event,
    Optional<ModelRegistered> before,
    List<ForetoldRun> matches,
    List<PolicyVerdict> others,
    State system) {
  RegistrationOutlook {
    matches = List.copyOf(matches);
    others = List.copyOf(others);
  }

  /**
   * Asks a running system.
   *
   * @throws io.espalier.worker.domain.InvalidInputException if the version is known with other
   *     content
   */
  static RegistrationOutlook of(Cluster cluster, ModelRegistered event) {
    Registrations registrations = Registrations.of(cluster);
    registrations.requireSameContent(event);
    Optional<ModelRegistered> before = registrations.of(Registrations.id(event));
    Map<String, Run> runs = before.isPresent() ? cluster.latest(cluster.topics().runs()) : Map.of();
    Map<String, PruningPolicy> policies = cluster.latest(cluster.topics().pruningPolicies());
    var state =
        new State(
            runs,
            PoolReadiness.of(cluster),
            PolicyCosts.of(cluster, policies.keySet()),
            cluster.keyedPartitions());
    return of(event, before, policies.values(), state);
  }

  /**
   * Further facts of a system.
   *
   * @param runs runs by id
   * @param pools which pools can do work
   * @param costs what runs of the policies took
   * @param partitions partitions of the keyed topics, on which run ids depend
   */
  record State(Map<String, Run> runs, PoolReadiness pools, PolicyCosts costs, int partitions) {
    State {
      runs = Map.copyOf(runs);
    }
  }

  /** Returns what comes of a registration in a system of which this is known. */
  static RegistrationOutlook of(
      ModelRegistered event,
      Optional<ModelRegistered> before,
      Collection<PruningPolicy> policies,
      State state) {
    Model model = CoordinatorTopics.read(event);
    RunIds ids = new RunIds(state.partitions());
    boolean same = before.filter(earlier -> isSame(earlier, event)).isPresent();
    List<ForetoldRun> matches = new ArrayList<>();
    List<PolicyVerdict> others = new ArrayList<>();
    for (PolicyVerdict verdict : PolicyVerdict.of(policies, model)) {
      if (verdict.accepts()) {
        String runId = ids.of(model, verdict.policy()).value();
        Optional<Run> run = Optional.ofNullable(state.runs().get(runId));
        matches.add(
            new ForetoldRun(
                verdict, runId, run, RunOutcome.of(run, same), foresee(verdict, event)));
      } else {
        others.add(verdict);
      }
    }
    return new RegistrationOutlook(event, before, matches, others, state);
  }

  private static StageForesight foresee(PolicyVerdict verdict, ModelRegistered event) {
    Path directory = Path.of(URI.create(event.getArtifactUri()));
    return StageForesight.of(verdict.event(), directory, event.getDatasets());
  }

  /** As the coordinator compares registrations: when and by whom does not count. */
  private static boolean isSame(ModelRegistered one, ModelRegistered other) {
    return one.getArtifactUri().equals(other.getArtifactUri())
        && Objects.equals(one.getRootDigest(), other.getRootDigest())
        && agree(one.getListingDigest(), other.getListingDigest())
        && one.getTask().equals(other.getTask())
        && one.getDatasets().equals(other.getDatasets())
        && one.getLabels().equals(other.getLabels());
  }

  /** Older clients tell no listing. */
  private static boolean agree(@Nullable String one, @Nullable String other) {
    return one == null || other == null || one.equals(other);
  }

  /** Everything that stands in the way. */
  List<String> warnings() {
    List<String> warnings = new ArrayList<>();
    if (matches.isEmpty()) {
      warnings.add(nothing());
    }
    matches.forEach(match -> warnings.addAll(match.warnings(event, system.pools())));
    return warnings;
  }

  /** That no policy is for the model. */
  String nothing() {
    String id = Registrations.id(event);
    return others.isEmpty()
        ? "NO POLICY MATCHES %s, so nothing is done with it: there is no policy (`espalier policies apply`)"
            .formatted(id)
        : "NO POLICY MATCHES %s, so nothing is done with it; above is what each policy misses"
            .formatted(id);
  }

  /** The policies as tables. */
  String text() {
    var text = new StringBuilder();
    if (!matches.isEmpty()) {
      var table =
          new TextTable("matching policy", "run", "pool", "workers", "what happens", "took before");
      for (ForetoldRun match : matches) {
        String policy = match.verdict().name();
        String pool = match.verdict().event().getPool();
        String workers = Integer.toString(system.pools().workersOf(pool));
        String costs = system.costs().words(policy);
        table.row(policy, match.runId(), pool, workers, match.words(), costs);
      }
      text.append('\n').append(table);
    }
    if (!others.isEmpty()) {
      var table = new TextTable("other policy", "first condition that fails");
      others.forEach(
          other -> table.row(other.name(), other.missed().map(Object::toString).orElse("")));
      text.append('\n').append(table);
    }
    return text.toString();
  }

  /** Adds the policies to what programs read. */
  void addTo(ObjectNode json) {
    json.put("registeredBefore", before.isPresent());
    var found = json.putArray("matches");
    matches.forEach(match -> found.add(match.json(system)));
    var missed = json.putArray("others");
    for (PolicyVerdict other : others) {
      ObjectNode node = missed.addObject().put("policy", other.name());
      other.missed().ifPresent(condition -> node.setAll(PolicyVerdict.json(condition)));
    }
  }
}
