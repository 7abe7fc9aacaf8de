package io.espalier.streams.domain.stage;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Progress of a running stage.
 *
 * @param phase what it is doing
 * @param done steps done
 * @param total steps in all; 0 if not known
 * @param eta estimated time left
 * @param values current quantities such as loss or accuracy
 */
public record StageProgress(
    String phase, long done, long total, Optional<Duration> eta, Map<String, Double> values) {
  public StageProgress {
    values = Map.copyOf(values);
  }
}
