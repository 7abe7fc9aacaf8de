package io.espalier.streams.domain.policy;

/** Treatment of a result that misses a gate. */
public enum OnGateFailure {
  /** It is not published. */
  REJECT,
  /** It is published with what it missed. */
  PUBLISH
}
