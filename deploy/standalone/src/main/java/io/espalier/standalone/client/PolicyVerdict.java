package io.espalier.standalone.client;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.event.PruningPolicy;
import io.espalier.streams.domain.RefusedException;
import io.espalier.streams.domain.model.Model;
import io.espalier.streams.domain.policy.Condition;
import io.espalier.streams.domain.policy.Policy;
import io.espalier.streams.wire.CoordinatorTopics;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Verdict on a model by a policy's conditions.
 *
 * @param event the policy as it was published
 * @param policy the same as the coordinator reads it
 * @param conditions its conditions, in the order in which people are told of them
 */
record PolicyVerdict(PruningPolicy event, Policy policy, List<Condition> conditions) {
  PolicyVerdict {
    conditions = List.copyOf(conditions);
  }

  /**
   * The verdicts of all policies on a model, in the order of their names; bad ones are left out.
   */
  static List<PolicyVerdict> of(Collection<PruningPolicy> policies, Model model) {
    List<PolicyVerdict> verdicts = new ArrayList<>();
    for (PruningPolicy event : policies) {
      read(event)
          .ifPresent(
              policy -> verdicts.add(new PolicyVerdict(event, policy, policy.conditions(model))));
    }
    verdicts.sort(Comparator.comparing(PolicyVerdict::name));
    return verdicts;
  }

  /** A policy as the coordinator reads it; empty if it refuses it. */
  static Optional<Policy> read(PruningPolicy event) {
    try {
      return Optional.of(CoordinatorTopics.read(event));
    } catch (RefusedException refused) {
      return Optional.empty();
    }
  }

  /** The policy's name. */
  String name() {
    return policy.name();
  }

  /** Returns whether the policy is for the model. */
  boolean accepts() {
    return missed().isEmpty();
  }

  /** The first condition that the model does not meet. */
  Optional<Condition> missed() {
    return conditions.stream().filter(condition -> !condition.holds()).findFirst();
  }

  /** The conditions for programs. */
  ArrayNode json() {
    ArrayNode nodes = JsonNodeFactory.instance.arrayNode();
    conditions.forEach(condition -> nodes.add(json(condition)));
    return nodes;
  }

  /** A condition for programs. */
  static ObjectNode json(Condition condition) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("condition", condition.field())
        .put("wanted", condition.wanted())
        .put("found", condition.found())
        .put("holds", condition.holds());
  }
}
