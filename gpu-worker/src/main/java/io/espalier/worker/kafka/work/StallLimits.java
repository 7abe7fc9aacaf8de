package io.espalier.worker.kafka.work;

import io.espalier.worker.domain.job.StageKind;
import java.time.Duration;
import java.util.Map;

/**
 * Time for which a stage may show the same progress before it is hung. Generous: to stop one that
 * only is slow costs more than to wait for one that hangs.
 *
 * @param usual time of kinds without one of their own
 * @param byKind time by what the stage does
 */
public record StallLimits(Duration usual, Map<StageKind, Duration> byKind) {
  /** Two hours for what trains or calibrates, one for everything else. */
  public static final StallLimits STANDARD =
      new StallLimits(
          Duration.ofHours(1),
          Map.of(
              StageKind.DISTILL, Duration.ofHours(2),
              StageKind.QUANTIZE, Duration.ofHours(2)));

  /** Limits; the map is copied. */
  public StallLimits {
    requirePositive("usually", usual);
    byKind.forEach((kind, limit) -> requirePositive("of kind " + kind, limit));
    byKind = Map.copyOf(byKind);
  }

  /** The same time for every kind. */
  public static StallLimits of(Duration limit) {
    return new StallLimits(limit, Map.of());
  }

  /** The time of a kind. */
  public Duration of(StageKind kind) {
    return byKind.getOrDefault(kind, usual);
  }

  private static void requirePositive(String which, Duration limit) {
    if (limit.isNegative() || limit.isZero()) {
      throw new IllegalArgumentException(
          "a stage %s needs a positive time, found %s".formatted(which, limit));
    }
  }
}
