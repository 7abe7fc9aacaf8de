package io.espalier.schemas.policy;

import java.util.List;

/**
 * What a policy file holds: its policies, or everything that is wrong with it.
 *
 * @param policies the policies in the order of the file; empty if there is a problem
 * @param problems every problem, in the order of the file
 */
public record Policies(List<Policy> policies, List<PolicyProblem> problems) {
  /** What a file holds; lists are copied. */
  public Policies {
    policies = List.copyOf(policies);
    problems = problems.stream().sorted(PolicyProblem.IN_ORDER).toList();
  }

  /** Whether there is no problem. */
  public boolean valid() {
    return problems.isEmpty();
  }

  /**
   * The policies.
   *
   * @throws InvalidPolicyException with every problem, if there is one
   */
  public List<Policy> orThrow() {
    if (!valid()) {
      throw new InvalidPolicyException(problems);
    }
    return policies;
  }
}
