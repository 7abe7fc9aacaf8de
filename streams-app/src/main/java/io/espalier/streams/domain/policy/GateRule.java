package io.espalier.streams.domain.policy;

/** How a gate compares a metric with its bound. */
public enum GateRule {
  /** At least the bound, or at most where lower is better. */
  THRESHOLD,
  /** From before to after it gets worse by at most the bound, absolute. */
  MAX_DEGRADATION,
  /** The same in percent of before. */
  PERCENT_MAX_DEGRADATION,
  /** Before divided by after is at least the bound; for latencies. */
  MIN_SPEEDUP,
  /** At most this many bytes after. */
  MAX_BYTES
}
