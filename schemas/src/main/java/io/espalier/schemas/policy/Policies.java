package io.espalier.schemas.policy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Content of a policy file: its policies, or everything that is wrong with it.
 *
 * @param policies the policies in the order of the file; empty if there is a problem
 * @param problems every problem, in the order of the file
 */
public record Policies(List<Policy> policies, List<PolicyProblem> problems) {
  /** What a file holds; lists are copied. */
  public Policies {
    policies = List.copyOf(policies);
    problems = List.copyOf(problems);
  }

  /** Returns what several files hold together, in their order; each name may be there once. */
  public static Policies together(List<Policies> files) {
    List<Policy> policies = new ArrayList<>();
    List<PolicyProblem> problems = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Policies file : files) {
      problems.addAll(file.problems());
      for (Policy policy : file.policies()) {
        policies.add(policy);
        if (!names.add(policy.name())) {
          problems.add(
              new PolicyProblem(
                  policy.source(),
                  0,
                  "",
                  "the policy '%s' is in another of these files too; give each name once"
                      .formatted(policy.name())));
        }
      }
    }
    return new Policies(problems.isEmpty() ? policies : List.of(), problems);
  }

  /** Returns whether there is no problem. */
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
