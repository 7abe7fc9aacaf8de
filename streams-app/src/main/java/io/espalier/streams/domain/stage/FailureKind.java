package io.espalier.streams.domain.stage;

/** Kind of failure of a stage. */
public enum FailureKind {
  /** Model, data or spec are bad. */
  INVALID_INPUT,
  /** No model meets the constraint. */
  INFEASIBLE,
  /** Asked to stop. */
  CANCELLED,
  /** Memory, disk or a killed process. */
  RESOURCE,
  /** Out of time. */
  DEADLINE,
  /** Anything else. */
  INTERNAL
}
