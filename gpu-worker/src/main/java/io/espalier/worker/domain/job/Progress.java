package io.espalier.worker.domain.job;

import java.util.Map;

/**
 * Progress of a stage.
 *
 * @param phase what it is doing, in a few words
 * @param done steps done in this phase
 * @param total steps in all in this phase; 0 if not known
 * @param values current quantities such as loss or accuracy
 */
public record Progress(String phase, long done, long total, Map<String, Double> values) {
  /** A point of progress; the map is copied. */
  public Progress {
    values = Map.copyOf(values);
  }

  /** A point of progress without quantities. */
  public static Progress of(String phase, long done, long total) {
    return new Progress(phase, done, total, Map.of());
  }

  /** Is told how far a stage is; must be cheap, since it is called after every step. */
  @FunctionalInterface
  public interface Listener {
    /** Takes note. */
    void report(Progress progress);

    /** Takes no note. */
    Listener NONE = progress -> {};
  }
}
