package io.espalier.streams.domain.run;

/** End of a run. */
public enum RunEnding {
  /** With a pruned model. */
  PUBLISHED,
  /** Without: the result missed a gate. */
  MISSED_GATE,
  /** Without: no model meets the constraint. */
  INFEASIBLE,
  /** Without: model, data or spec are bad. */
  INVALID,
  /** Without: attempts or time are used up. */
  FAILED,
  /** Without: somebody asked for that. */
  CANCELLED
}
