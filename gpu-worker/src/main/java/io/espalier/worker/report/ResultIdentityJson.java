package io.espalier.worker.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gate.BudgetForecast;
import io.espalier.worker.report.facts.ResultIdentity;
import java.util.Locale;

/**
 * An identity as JSON: {@code model} ({@code name}, {@code version}), {@code policy} ({@code name},
 * {@code generation}), {@code run}, {@code made} (ISO 8601, UTC), {@code cause}, {@code gates[]}
 * ({@code words}, {@code passed} unless a later stage decides), {@code forecast} ({@code
 * constraints} by quantity, {@code metrics} by name, {@code basis}), {@code rootDigest}, {@code
 * espalier} (its version). What does not exist is left out.
 */
public final class ResultIdentityJson {
  /** Key of it in a report. */
  public static final String KEY = "identity";

  private ResultIdentityJson() {}

  static ObjectNode of(ResultIdentity identity) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    identity.name().ifPresent(name -> model(identity, node.putObject("model").put("name", name)));
    identity
        .policy()
        .ifPresent(policy -> policy(identity, node.putObject("policy").put("name", policy)));
    identity.run().ifPresent(run -> node.put("run", run));
    node.put("made", identity.made().toString()).put("cause", identity.cause());
    ArrayNode gates = node.putArray("gates");
    identity.gates().forEach(gate -> gate(gate, gates.addObject()));
    identity.forecast().ifPresent(forecast -> node.set("forecast", of(forecast)));
    node.put("rootDigest", identity.rootDigest());
    identity.espalier().ifPresent(version -> node.put("espalier", version));
    return node;
  }

  /** A forecast as JSON. */
  private static ObjectNode of(BudgetForecast forecast) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    ObjectNode constraints = node.putObject("constraints");
    forecast.constraints().forEach(constraints::put);
    ObjectNode metrics = node.putObject("metrics");
    forecast
        .metrics()
        .forEach(each -> each.after().ifPresent(value -> metrics.put(each.name(), value)));
    return node.put("basis", forecast.basis().name().toLowerCase(Locale.ROOT));
  }

  private static void gate(ResultIdentity.GateFacts gate, ObjectNode node) {
    node.put("words", gate.words());
    gate.passed().ifPresent(passed -> node.put("passed", passed));
  }

  private static void model(ResultIdentity identity, ObjectNode model) {
    identity.version().ifPresent(version -> model.put("version", version));
  }

  private static void policy(ResultIdentity identity, ObjectNode policy) {
    identity.generation().ifPresent(generation -> policy.put("generation", generation));
  }
}
