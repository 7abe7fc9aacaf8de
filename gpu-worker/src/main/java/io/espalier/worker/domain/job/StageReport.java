package io.espalier.worker.domain.job;

import io.espalier.fact.ChangeFacts;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Report of a finished stage on its work.
 *
 * @param algorithm fastnas, gradnas, minitron, ...
 * @param algorithmVersion version of the algorithm; part of the cache key
 * @param change what was changed, for reading: constraints asked for and reached, widths before and
 *     after, seed
 * @param metrics measurements before and after
 * @param loadsIn loaders that open the output
 * @param device the device it ran on, in words
 * @param facts the same as {@code change}, typed, for programs
 */
public record StageReport(
    String algorithm,
    String algorithmVersion,
    Map<String, String> change,
    List<Metric> metrics,
    List<String> loadsIn,
    String device,
    ChangeFacts facts) {

  /** Key in {@link #change} of what could have been meant otherwise; not there if nothing could. */
  public static final String WARNINGS = "warnings";

  /**
   * Where {@link #change} has the lines of code that open the output, with {@code DIR} for the
   * directory that it lies in.
   */
  public static final String OPENING = "opening";

  /** Key in {@link #change} of what the files keep and is not among the parameters. */
  public static final String NOT_COUNTED = "notCounted";

  /** A report of a stage that has nothing typed to tell. */
  public StageReport(
      String algorithm,
      String algorithmVersion,
      Map<String, String> change,
      List<Metric> metrics,
      List<String> loadsIn,
      String device) {
    this(algorithm, algorithmVersion, change, metrics, loadsIn, device, ChangeFacts.NONE);
  }

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
