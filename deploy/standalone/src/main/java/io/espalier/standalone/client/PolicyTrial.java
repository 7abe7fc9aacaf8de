package io.espalier.standalone.client;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.event.ModelRegistered;
import io.espalier.event.PruningPolicy;
import io.espalier.schemas.policy.Policy;
import io.espalier.standalone.client.topic.Address;
import io.espalier.standalone.client.topic.Cluster;
import io.espalier.standalone.model.Registration;
import io.espalier.standalone.model.StageForesight;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TextTable;
import io.espalier.streams.domain.policy.Condition;
import io.espalier.streams.wire.CoordinatorTopics;
import io.espalier.worker.domain.InvalidInputException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Check whether policies are for a model and their work on it would begin; changes nothing. */
public final class PolicyTrial {
  private static final int REFUSED = 3;
  private static final int INFEASIBLE = 4;
  private static final int NO_MATCH = 5;

  private PolicyTrial() {}

  /**
   * A policy and a model.
   *
   * @param foresight whether its first stage would begin; absent if the policy is not for the
   *     model, or the model does not lie on this machine
   */
  private record Tried(PolicyVerdict verdict, Optional<StageForesight> foresight) {
    boolean has(StageForesight.Verdict wanted) {
      return foresight.filter(found -> found.verdict() == wanted).isPresent();
    }
  }

  /**
   * Tries policies of files, or those in force, on a model directory as if it were registered.
   *
   * @param policies of files; those in force if empty
   */
  public static Result ofDirectory(
      Address address, Registration model, Optional<List<Policy>> policies) {
    ModelRegistered event = model.described(Instant.now());
    return policies
        .map(PolicyTrial::events)
        .map(events -> result(event, events))
        .orElseGet(() -> inForce(address, event));
  }

  private static Result inForce(Address address, ModelRegistered event) {
    try (Cluster cluster = Cluster.connect(address).requireSetUp()) {
      return result(event, cluster.latest(cluster.topics().pruningPolicies()).values());
    }
  }

  /**
   * Tries policies of files, or those in force, on a model version that is registered.
   *
   * @param id as {@code NAME@VERSION}
   * @throws InvalidInputException if it is not registered
   */
  public static Result ofRegistered(Address address, String id, Optional<List<Policy>> policies) {
    try (Cluster cluster = Cluster.connect(address).requireSetUp()) {
      ModelRegistered event =
          Registrations.of(cluster)
              .of(id)
              .orElseThrow(
                  () ->
                      new InvalidInputException(
                          "'%s' is neither a directory nor a model version NAME@VERSION that is registered"
                              .formatted(id)));
      return result(
          event,
          policies
              .map(PolicyTrial::events)
              .orElseGet(
                  () -> List.copyOf(cluster.latest(cluster.topics().pruningPolicies()).values())));
    }
  }

  private static List<PruningPolicy> events(List<Policy> policies) {
    return policies.stream().map(policy -> policy.toAvro(1)).toList();
  }

  /** Returns what comes of policies and a model. */
  static Result result(ModelRegistered event, Collection<PruningPolicy> policies) {
    List<Tried> tried =
        PolicyVerdict.of(policies, CoordinatorTopics.read(event)).stream()
            .map(verdict -> new Tried(verdict, foresee(verdict, event)))
            .toList();
    ObjectNode json =
        JsonNodeFactory.instance
            .objectNode()
            .put("model", Registrations.id(event))
            .put("task", event.getTask())
            .put("family", event.getFamily());
    var nodes = json.putArray("policies");
    List<String> texts = new ArrayList<>();
    for (Tried each : tried) {
      nodes.add(json(each));
      texts.add(text(each));
    }
    String text = tried.isEmpty() ? "there is no policy to try" : String.join("\n", texts);
    return Result.of(json, text).withExitCode(exitCode(tried));
  }

  private static Optional<StageForesight> foresee(PolicyVerdict verdict, ModelRegistered event) {
    URI uri = URI.create(event.getArtifactUri());
    if (!verdict.accepts()
        || !"file".equalsIgnoreCase(uri.getScheme())
        || !Files.isDirectory(Path.of(uri))) {
      return Optional.empty();
    }
    Path directory = Path.of(uri);
    return Optional.of(
        event.getDatasets().isEmpty()
            ? StageForesight.withoutData(verdict.event(), directory)
            : StageForesight.of(verdict.event(), directory, event.getDatasets()));
  }

  private static int exitCode(List<Tried> tried) {
    if (tried.stream().noneMatch(each -> each.verdict().accepts())) {
      return NO_MATCH;
    }
    if (tried.stream().anyMatch(each -> each.has(StageForesight.Verdict.INFEASIBLE))) {
      return INFEASIBLE;
    }
    return tried.stream().anyMatch(each -> each.has(StageForesight.Verdict.REFUSED)) ? REFUSED : 0;
  }

  private static ObjectNode json(Tried tried) {
    ObjectNode node =
        JsonNodeFactory.instance
            .objectNode()
            .put("name", tried.verdict().name())
            .put("matches", tried.verdict().accepts());
    node.set("conditions", tried.verdict().json());
    tried
        .foresight()
        .ifPresent(
            found -> {
              node.put("foresight", Events.lower(found.verdict()));
              found.reasons().forEach(node.putArray("reasons")::add);
            });
    return node;
  }

  private static String text(Tried tried) {
    PolicyVerdict verdict = tried.verdict();
    var text =
        new StringBuilder(
            "policy '%s' %s%n"
                .formatted(verdict.name(), verdict.accepts() ? "matches" : "DOES NOT MATCH"));
    if (verdict.conditions().isEmpty()) {
      text.append("it is for every model\n");
    } else {
      var table = new TextTable("condition", "wanted", "found", "");
      for (Condition each : verdict.conditions()) {
        table.row(each.field(), each.wanted(), each.found(), each.holds() ? "holds" : "FAILS");
      }
      text.append(table);
    }
    tried.foresight().ifPresent(found -> text.append(text(found)));
    return text.toString();
  }

  private static String text(StageForesight found) {
    String verdict =
        switch (found.verdict()) {
          case FEASIBLE -> "its first stage would begin: model, data and budget fit\n";
          case NO_DATA ->
              "its first stage would begin as far as can be seen without data; give some by --data"
                  + " to have them looked at too\n";
          case INFEASIBLE -> "it would be rejected, since no model meets its budget:\n";
          case REFUSED -> "its first stage would not begin:\n";
        };
    var text = new StringBuilder(verdict);
    found.reasons().forEach(reason -> text.append("  ").append(reason).append('\n'));
    return text.toString();
  }
}
