package io.espalier.schemas.policy;

import java.util.List;
import java.util.stream.Collectors;

/** A policy file cannot be used; holds every problem of it. */
public final class InvalidPolicyException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<PolicyProblem> problems;

  InvalidPolicyException(List<PolicyProblem> problems) {
    super(problems.stream().map(PolicyProblem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  /** Every problem, in the order of the file. */
  public List<PolicyProblem> problems() {
    return problems;
  }
}
