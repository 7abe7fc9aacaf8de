package io.espalier.standalone.client;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.event.ModelRegistered;
import io.espalier.event.PruningPolicy;
import io.espalier.schemas.CloudEvent;
import io.espalier.schemas.policy.Policy;
import io.espalier.schemas.policy.PolicyFile;
import io.espalier.standalone.model.Registration;
import io.espalier.standalone.report.Figures;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TextTable;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;

/** What people make known to a running system: models and policies. */
public final class Publishing {
  private static final String SOURCE = "urn:espalier:cli";
  private static final String UNCHANGED = "unchanged";
  private static final String APPLIED =
      "\n"
          + "models that are registered already are not optimized by it; register them again to"
          + " have that";

  private Publishing() {}

  /**
   * Registers a model version, after it has been opened and digested.
   *
   * @throws io.espalier.worker.domain.InvalidInputException with every problem
   * @throws UnreachableException if the system is not there
   */
  public static Result register(Address address, Registration registration) {
    ModelRegistered event = registration.event(Instant.now());
    try (Cluster cluster = Cluster.connect(address).requireSetUp()) {
      publish(cluster, event);
    }
    String digest = Objects.requireNonNull(event.getRootDigest());
    long parameters = Objects.requireNonNull(event.getParameters());
    ObjectNode json =
        JsonNodeFactory.instance
            .objectNode()
            .put("model", event.getName() + "@" + event.getVersion())
            .put("artifactUri", event.getArtifactUri())
            .put("rootDigest", digest)
            .put("family", event.getFamily())
            .put("parameters", parameters);
    return Result.of(
        json,
        "registered %s@%s: %s, %s parameters, root digest %s"
            .formatted(
                event.getName(),
                event.getVersion(),
                event.getFamily(),
                Figures.count(parameters),
                digest));
  }

  /** Publishes a registration. The same model version with the same content has the same id. */
  public static void publish(Cluster cluster, ModelRegistered event) {
    String subject = event.getName() + "@" + event.getVersion();
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
   * Publishes the policies of a file that are new or changed, each with a new generation.
   *
   * @throws io.espalier.schemas.policy.InvalidPolicyException with every problem of the file
   * @throws UnreachableException if the system is not there
   */
  public static Result apply(Address address, Path file) {
    List<Policy> policies = PolicyFile.read(file).orThrow();
    try (Cluster cluster = Cluster.connect(address).requireSetUp()) {
      return apply(cluster, policies);
    }
  }

  /**
   * Publishes those of the policies that are new or changed, and warns of pools that are not there.
   */
  public static Result apply(Cluster cluster, List<Policy> policies) {
    Map<String, PruningPolicy> current = cluster.latest(cluster.topics().pruningPolicies());
    List<Applied> applied =
        policies.stream()
            .map(policy -> apply(cluster, policy, Optional.ofNullable(current.get(policy.name()))))
            .toList();
    List<PruningPolicy> inForce = applied.stream().map(Applied::inForce).toList();
    return result(applied, PoolWarnings.of(inForce, cluster.pools()));
  }

  /** A policy that is in force, and in a word how it came to be. */
  private record Applied(PruningPolicy inForce, String change) {}

  private static Applied apply(Cluster cluster, Policy policy, Optional<PruningPolicy> published) {
    if (published.map(policy::says).orElse(false)) {
      return new Applied(published.orElseThrow(), UNCHANGED);
    }
    PruningPolicy inForce = policy.toAvro(newGeneration(published, Instant.now()));
    publish(cluster, inForce);
    return new Applied(inForce, published.isEmpty() ? "created" : "changed");
  }

  private static Result result(List<Applied> applied, List<String> warnings) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    var nodes = json.putArray("policies");
    var table = new TextTable("policy", "generation", "change");
    for (Applied each : applied) {
      String name = each.inForce().getName();
      long generation = each.inForce().getGeneration();
      nodes
          .addObject()
          .put("name", name)
          .put("generation", generation)
          .put("change", each.change());
      table.row(name, Long.toString(generation), each.change());
    }
    warnings.forEach(json.putArray("warnings")::add);
    var text = new StringBuilder(table.toString());
    warnings.forEach(warning -> text.append("\nwarning: ").append(warning));
    if (!applied.stream().allMatch(each -> each.change().equals(UNCHANGED))) {
      text.append(APPLIED);
    }
    return Result.of(json, text.toString());
  }

  /**
   * Returns a generation that no policy of that name has had. A policy that was withdrawn leaves no
   * number to count on from, but time goes on.
   */
  static long newGeneration(Optional<PruningPolicy> published, Instant now) {
    long later = published.map(policy -> policy.getGeneration() + 1).orElse(0L);
    return Math.max(later, now.toEpochMilli());
  }

  private static void publish(Cluster cluster, PruningPolicy policy) {
    cluster.publish(
        cluster.topics().pruningPolicies(),
        policy.getName(),
        policy,
        new CloudEvent(
            UUID.randomUUID().toString(),
            SOURCE,
            CloudEvent.POLICY_APPLIED,
            policy.getName(),
            Instant.now()));
  }

  /** The policies in force. */
  public static Result policies(Address address) {
    try (Cluster cluster = Cluster.connect(address).requireSetUp()) {
      ObjectNode json = JsonNodeFactory.instance.objectNode();
      var nodes = json.putArray("policies");
      var table = new TextTable("policy", "generation", "matches", "stages", "pool", "priority");
      for (PruningPolicy policy : cluster.latest(cluster.topics().pruningPolicies()).values()) {
        nodes.add(Events.json(policy));
        table.row(
            policy.getName(),
            Long.toString(policy.getGeneration()),
            matches(policy),
            policy.getStages().stream()
                .map(stage -> Events.lower(stage.getKind()))
                .collect(Collectors.joining(", ")),
            policy.getPool(),
            Integer.toString(policy.getPriority()));
      }
      return Result.of(json, table.toString());
    }
  }

  private static String matches(PruningPolicy policy) {
    var match = policy.getMatch();
    var parts = new java.util.ArrayList<String>();
    if (match.getTask() != null) {
      parts.add(match.getTask());
    }
    parts.addAll(match.getNames());
    parts.addAll(match.getFamilies());
    match.getLabels().forEach((key, value) -> parts.add(key + "=" + value));
    return parts.isEmpty() ? "everything" : String.join(" ", parts);
  }
}
