package io.espalier.worker.domain.job;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a finished stage says of its work.
 *
 * @param algorithm fastnas, gradnas, minitron, ...
 * @param algorithmVersion version of the algorithm; part of the cache key
 * @param change what was changed, for reading: constraints asked for and reached, widths before and
 *     after, seed
 * @param metrics measurements before and after
 * @param loadsIn loaders that open the output
 * @param device the device it ran on, in words
 */
public record StageReport(
    String algorithm,
    String algorithmVersion,
    Map<String, String> change,
    List<Metric> metrics,
    List<String> loadsIn,
    String device) {

  /**
   * Where {@link #change} says what could have been meant otherwise; not there if nothing could.
   */
  public static final String WARNINGS = "warnings";

  /**
   * Where {@link #change} has the lines of code that open the output, with {@code DIR} for the
   * directory that it lies in.
   */
  public static final String OPENING = "opening";

  /** Where {@link #change} says what the files keep and is not among the parameters. */
  public static final String NOT_COUNTED = "notCounted";

  /** Adds warnings to what is said for reading. */
  public static void warn(Map<String, String> change, List<String> warnings) {
    if (!warnings.isEmpty()) {
      change.put(WARNINGS, String.join("\n", warnings));
    }
  }

  /** Returns what could have been meant otherwise than it was read, in sentences. */
  public List<String> warnings() {
    return Optional.ofNullable(change.get(WARNINGS)).stream().flatMap(String::lines).toList();
  }

  /** A report; collections are copied. */
  public StageReport {
    change = Map.copyOf(change);
    metrics = List.copyOf(metrics);
    loadsIn = List.copyOf(loadsIn);
  }
}
