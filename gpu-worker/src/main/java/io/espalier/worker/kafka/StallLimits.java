package io.espalier.worker.kafka;

import io.espalier.worker.domain.job.StageKind;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;

/**
 * How long a stage may show the same progress before it counts as hung. Generous: to stop one that
 * only is slow costs more than to wait for one that hangs.
 *
 * @param byKind time by what the stage does
 */
public record StallLimits(Map<StageKind, Duration> byKind) {
  /** Two hours for what trains or calibrates, one for everything else. */
  public static final StallLimits STANDARD = standard();

  /** Limits; the map is copied. */
  public StallLimits {
    for (StageKind kind : StageKind.values()) {
      Duration limit = byKind.get(kind);
      if (limit == null || limit.isNegative() || limit.isZero()) {
        throw new IllegalArgumentException(
            "a stage of kind %s needs a positive time, found %s".formatted(kind, limit));
      }
    }
    byKind = Map.copyOf(byKind);
  }

  /** The same time for every kind. */
  public static StallLimits of(Duration limit) {
    Map<StageKind, Duration> limits = new EnumMap<>(StageKind.class);
    for (StageKind kind : StageKind.values()) {
      limits.put(kind, limit);
    }
    return new StallLimits(limits);
  }

  /** The time of a kind. */
  Duration of(StageKind kind) {
    return byKind.getOrDefault(kind, Duration.ZERO);
  }

  private static StallLimits standard() {
    Map<StageKind, Duration> limits = new EnumMap<>(of(Duration.ofHours(1)).byKind());
    limits.put(StageKind.DISTILL, Duration.ofHours(2));
    limits.put(StageKind.QUANTIZE, Duration.ofHours(2));
    return new StallLimits(limits);
  }
}
