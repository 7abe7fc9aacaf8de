package io.espalier.streams.domain.run;

/** Outcome of a registration that begins no run. */
public enum RegistrationOutcome {
  /** Its run goes on. */
  ALREADY_RUNNING,
  /** Its run has ended with a pruned model. */
  ALREADY_PUBLISHED,
  /** Its run has ended without one, and nothing in the registration has changed. */
  ALREADY_ENDED,
  /** Its run had ended without one, and begins anew. */
  REOPENED
}
