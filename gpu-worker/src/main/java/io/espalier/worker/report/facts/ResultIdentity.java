package io.espalier.worker.report.facts;

import io.espalier.gate.BudgetForecast;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Run that made a result, as it is known once the result is there. What does not exist, such as the
 * run of a directory that was pruned by hand, is empty.
 *
 * @param name of the model
 * @param version of the model
 * @param policy that asked for it
 * @param generation of the policy
 * @param run its id
 * @param made when the result was there
 * @param cause the command line or the event that made it
 * @param gates that the result had to pass
 * @param forecast the budget that is foretold to pass them, if the result does not and one can be
 *     foretold
 * @param rootDigest of the result
 * @param espalier version of the program that made it
 */
public record ResultIdentity(
    Optional<String> name,
    Optional<String> version,
    Optional<String> policy,
    OptionalLong generation,
    Optional<String> run,
    Instant made,
    String cause,
    List<GateFacts> gates,
    Optional<BudgetForecast> forecast,
    String rootDigest,
    Optional<String> espalier) {
  /** An identity; the list is copied. */
  public ResultIdentity {
    gates = List.copyOf(gates);
  }

  /**
   * A gate.
   *
   * @param words what it asks and what it found
   * @param passed how it came out; empty if a later stage of the run decides
   */
  public record GateFacts(String words, Optional<Boolean> passed) {}

  /** The model as people name it, if it has a name. */
  public Optional<String> model() {
    return name.map(of -> version.map(number -> of + "@" + number).orElse(of));
  }

  /** The policy as people name it, if there is one. */
  public Optional<String> policyText() {
    return policy.map(of -> generation.isPresent() ? of + "#" + generation.getAsLong() : of);
  }
}
