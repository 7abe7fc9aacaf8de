package io.espalier.gate;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Comparison of a metric with a gate's bound. */
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
  MAX_BYTES;

  /** The same as policies write it, such as {@code maxDegradation}. */
  public String key() {
    String[] words = name().toLowerCase(Locale.ROOT).split("_", -1);
    return words[0]
        + Arrays.stream(words)
            .skip(1)
            .map(word -> word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1))
            .collect(Collectors.joining());
  }
}
