package io.espalier.standalone.client;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.event.ModelRegistered;
import io.espalier.event.PruningPolicy;
import io.espalier.event.Run;
import io.espalier.schemas.CloudEvent;
import io.espalier.schemas.policy.Policy;
import io.espalier.standalone.client.PolicyWriter.Change;
import io.espalier.standalone.client.topic.Address;
import io.espalier.standalone.client.topic.Cluster;
import io.espalier.standalone.client.topic.UnreachableException;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TextTable;
import io.espalier.worker.domain.InvalidInputException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Publishing to a running system: models and policies. */
public final class Publishing {
  static final String SOURCE = "urn:espalier:cli";

  private Publishing() {}

  /** Publishes a registration. The same model version with the same content has the same id. */
  public static void publish(Cluster cluster, ModelRegistered event) {
    String subject = Registrations.id(event);
    cluster.publish(
        cluster.topics().modelRegistered(),
        event.getName(),
        event,
        new CloudEvent(
            subject + "/" + event.getRootDigest(),
            SOURCE,
            CloudEvent.MODEL_REGISTERED,
            subject,
            event.getRegisteredAt()));
  }

  /**
   * Publishes those of the policies that are new or changed, each with a new generation; all of
   * them at once. Says which registered models they would match, and warns of pools that do not
   * work.
   *
   * @param dryRun whether it is only said what would be done
   * @throws UnreachableException if the system is not there
   */
  public static Result apply(Address address, List<Policy> policies, boolean dryRun) {
    try (Cluster cluster = Cluster.connect(address).requireSetUp()) {
      return apply(cluster, policies, dryRun);
    }
  }

  /** The same on a system that is connected to. */
  public static Result apply(Cluster cluster, List<Policy> policies, boolean dryRun) {
    List<Applied> applied =
        dryRun
            ? changes(policies, cluster.latest(cluster.topics().pruningPolicies())).answer()
            : PolicyWriter.of(cluster).change(inForce -> changes(policies, inForce));
    return AppliedText.of(applied, Registrations.of(cluster), PoolReadiness.of(cluster), dryRun);
  }

  /**
   * A policy that is in force, or would be, and how it came to be.
   *
   * @param change what was done
   */
  record Applied(PruningPolicy inForce, PolicyChange change) {}

  /** Effect of a policy's document on the policy in force. */
  enum PolicyChange {
    /** There was none of that name. */
    CREATED,
    /** It says something else. */
    CHANGED,
    /** It says the same. */
    UNCHANGED
  }

  /** Returns what becomes of documents, given the policies in force. */
  static Change<List<Applied>> changes(List<Policy> policies, Map<String, PruningPolicy> inForce) {
    Instant now = Instant.now();
    Map<String, Optional<PruningPolicy>> writes = new LinkedHashMap<>();
    List<Applied> applied = new ArrayList<>();
    for (Policy policy : policies) {
      Optional<PruningPolicy> published = Optional.ofNullable(inForce.get(policy.name()));
      if (published.map(policy::says).orElse(false)) {
        applied.add(new Applied(published.orElseThrow(), PolicyChange.UNCHANGED));
      } else {
        PruningPolicy next = policy.toAvro(newGeneration(published, now));
        writes.put(policy.name(), Optional.of(next));
        applied.add(
            new Applied(next, published.isEmpty() ? PolicyChange.CREATED : PolicyChange.CHANGED));
      }
    }
    return new Change<>(writes, List.copyOf(applied));
  }

  /**
   * Returns a generation that no policy of that name has had. A policy that was withdrawn leaves no
   * number to count on from, but time goes on.
   */
  static long newGeneration(Optional<PruningPolicy> published, Instant now) {
    long later = published.map(policy -> policy.getGeneration() + 1).orElse(0L);
    return Math.max(later, now.toEpochMilli());
  }

  /**
   * Withdraws policies. Runs that have begun go on by what the policies said.
   *
   * @throws InvalidInputException if there is no policy of one of these names; none is withdrawn
   *     then
   * @throws UnreachableException if the system is not there
   */
  public static Result withdraw(Address address, List<String> names) {
    try (Cluster cluster = Cluster.connect(address).requireSetUp()) {
      List<PruningPolicy> gone =
          PolicyWriter.of(cluster).change(inForce -> withdrawal(names, inForce));
      return withdrawn(gone, cluster.latest(cluster.topics().runs()).values());
    }
  }

  /** The policies that go, or a refusal. */
  static Change<List<PruningPolicy>> withdrawal(
      List<String> names, Map<String, PruningPolicy> inForce) {
    List<String> problems =
        names.stream()
            .filter(name -> !inForce.containsKey(name))
            .map(name -> PolicyListing.missing(name, inForce.keySet()))
            .toList();
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    Map<String, Optional<PruningPolicy>> writes = new LinkedHashMap<>();
    names.forEach(name -> writes.put(name, Optional.empty()));
    return new Change<>(writes, names.stream().distinct().map(inForce::get).toList());
  }

  private static Result withdrawn(List<PruningPolicy> gone, Collection<Run> runs) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    var nodes = json.putArray("policies");
    var table = new TextTable("policy", "generation", "change", "runs that go on");
    for (PruningPolicy policy : gone) {
      String name = policy.getName();
      Stream<Run> goingOn = runs.stream().filter(run -> !Runs.isFinal(run));
      long count = goingOn.filter(run -> run.getPolicyName().equals(name)).count();
      nodes
          .addObject()
          .put("name", name)
          .put("generation", policy.getGeneration())
          .put("change", "deleted")
          .put("runsGoingOn", count);
      table.row(name, Long.toString(policy.getGeneration()), "deleted", Long.toString(count));
    }
    return Result.of(
        json,
        table
            + "\n"
            + "models that are registered from now on do not meet it; runs that have begun go on by"
            + " what it said (`espalier runs cancel` ends one)");
  }
}
