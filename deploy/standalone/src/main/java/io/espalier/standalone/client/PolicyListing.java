package io.espalier.standalone.client;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.event.PruningPolicy;
import io.espalier.schemas.KindNames;
import io.espalier.schemas.policy.Policy;
import io.espalier.schemas.policy.PolicyDocument;
import io.espalier.standalone.client.topic.Address;
import io.espalier.standalone.client.topic.Cluster;
import io.espalier.standalone.client.topic.TopicReader;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TextTable;
import io.espalier.standalone.report.UnifiedDiff;
import io.espalier.standalone.report.YamlText;
import io.espalier.worker.domain.InvalidInputException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The policies of a system: those in force, and earlier generations that are still kept. */
public final class PolicyListing {
  /** Exit code where texts differ: a check that was asked for did not hold. */
  private static final int DIFFERS = 5;

  private PolicyListing() {}

  /** The policies in force as a table; for programs as they were published. */
  public static Result list(Address address) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    var nodes = json.putArray("policies");
    var table = new TextTable("policy", "generation", "matches", "stages", "pool", "priority");
    Map<String, PruningPolicy> inForce = inForce(address);
    for (PruningPolicy policy : inForce.values()) {
      nodes.add(Events.json(policy));
      table.row(
          policy.getName(),
          Long.toString(policy.getGeneration()),
          matches(policy),
          policy.getStages().stream()
              .map(stage -> KindNames.of(stage.getKind(), stage.getKindName()))
              .collect(Collectors.joining(", ")),
          policy.getPool(),
          Integer.toString(policy.getPriority()));
    }
    return Result.of(json, table.toString()).withNames(List.copyOf(inForce.keySet()));
  }

  /** The policies in force as documents that can be applied. */
  public static Result documents(Address address) {
    ArrayNode documents = JsonNodeFactory.instance.arrayNode();
    inForce(address).values().forEach(policy -> documents.add(PolicyDocument.of(policy)));
    return Result.of(documents, "");
  }

  private static Map<String, PruningPolicy> inForce(Address address) {
    try (Cluster cluster = Cluster.connect(address).requireSetUp()) {
      return cluster.latest(cluster.topics().pruningPolicies());
    }
  }

  /**
   * A policy as a document.
   *
   * @param generation which one; the one in force if absent
   * @throws InvalidInputException if there is no such policy, or its generation is not kept any
   *     more
   */
  public static Result show(Address address, String name, OptionalLong generation) {
    try (Cluster cluster = Cluster.connect(address).requireSetUp();
        TopicReader<PruningPolicy> reader = cluster.read(cluster.topics().pruningPolicies())) {
      List<TopicReader.Entry<PruningPolicy>> entries = new ArrayList<>();
      while (!reader.caughtUp()) {
        entries.addAll(reader.poll());
      }
      return show(entries, name, generation);
    }
  }

  /** The same, of records in the order in which they came. */
  static Result show(
      List<TopicReader.Entry<PruningPolicy>> entries, String name, OptionalLong generation) {
    Map<String, PruningPolicy> inForce = new TreeMap<>();
    Map<Long, PruningPolicy> kept = new TreeMap<>();
    for (TopicReader.Entry<PruningPolicy> entry : entries) {
      entry
          .value()
          .ifPresentOrElse(
              policy -> inForce.put(entry.key(), policy), () -> inForce.remove(entry.key()));
      entry
          .value()
          .filter(policy -> entry.key().equals(name))
          .ifPresent(policy -> kept.put(policy.getGeneration(), policy));
    }
    Optional<PruningPolicy> current = Optional.ofNullable(inForce.get(name));
    PruningPolicy found =
        generation.isPresent()
            ? Optional.ofNullable(kept.get(generation.getAsLong()))
                .orElseThrow(() -> notKept(name, generation.getAsLong(), kept.keySet()))
            : current.orElseThrow(() -> new InvalidInputException(missing(name, inForce.keySet())));
    boolean isInForce = current.filter(found::equals).isPresent();
    return shown(found, isInForce, kept.keySet());
  }

  private static Result shown(PruningPolicy policy, boolean inForce, Collection<Long> kept) {
    ObjectNode document = PolicyDocument.of(policy);
    ObjectNode json =
        JsonNodeFactory.instance
            .objectNode()
            .put("name", policy.getName())
            .put("generation", policy.getGeneration())
            .put("inForce", inForce);
    kept.forEach(json.putArray("generationsKept")::add);
    json.set("document", document);
    String head =
        "# generation %d, %s; kept are %s%n"
            .formatted(
                policy.getGeneration(), inForce ? "in force" : "no longer in force", words(kept));
    return Result.of(json, head + YamlText.of(document)).withNames(List.of(policy.getName()));
  }

  private static InvalidInputException notKept(
      String name, long generation, Collection<Long> kept) {
    return new InvalidInputException(
        "generation %d of policy '%s' is not there; kept are %s. The brokers drop older generations after a while; runs go on by what theirs said"
            .formatted(generation, name, words(kept)));
  }

  private static String words(Collection<Long> generations) {
    return generations.isEmpty()
        ? "none"
        : generations.stream().map(String::valueOf).collect(Collectors.joining(", "));
  }

  /** Returns what is said of a name that no policy has. */
  static String missing(String name, Collection<String> inForce) {
    return "there is no policy '%s'; in force are %s"
        .formatted(name, inForce.isEmpty() ? "none" : String.join(", ", inForce));
  }

  /**
   * Returns how documents differ from the policies in force, in the unified format.
   *
   * @return exit code 5 if they do
   */
  public static Result diff(Address address, List<Policy> policies) {
    return diff(policies, inForce(address));
  }

  /** The same, given the policies in force. */
  static Result diff(List<Policy> policies, Map<String, PruningPolicy> inForce) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    var nodes = json.putArray("policies");
    var text = new StringBuilder();
    for (Policy policy : policies) {
      Optional<PruningPolicy> published = Optional.ofNullable(inForce.get(policy.name()));
      String before = published.map(PolicyDocument::of).map(YamlText::of).orElse("");
      String difference = UnifiedDiff.of(before, YamlText.of(PolicyDocument.of(policy.toAvro(1))));
      nodes.addObject().put("name", policy.name()).put("diff", difference);
      if (!difference.isEmpty()) {
        text.append(head(policy.name(), published)).append(difference);
      }
    }
    return text.isEmpty()
        ? Result.of(json, "nothing differs from the policies in force")
        : Result.of(json, text.toString()).withExitCode(DIFFERS);
  }

  private static String head(String name, Optional<PruningPolicy> published) {
    String before =
        published
            .map(policy -> "%s (generation %d, in force)".formatted(name, policy.getGeneration()))
            .orElse("%s (there is none)".formatted(name));
    return "--- %s%n+++ %s (to be applied)%n".formatted(before, name);
  }

  private static String matches(PruningPolicy policy) {
    var match = policy.getMatch();
    var parts = new ArrayList<String>();
    if (match.getTask() != null) {
      parts.add(match.getTask());
    }
    parts.addAll(match.getNames());
    parts.addAll(match.getFamilies());
    match.getLabels().forEach((key, value) -> parts.add(key + "=" + value));
    return parts.isEmpty() ? "everything" : String.join(" ", parts);
  }
}
