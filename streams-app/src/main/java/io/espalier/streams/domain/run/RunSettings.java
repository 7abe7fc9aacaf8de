package io.espalier.streams.domain.run;

import java.time.Duration;
import java.util.Map;
import java.util.Set;

/**
 * Settings shared by all runs of an installation.
 *
 * @param artifactsBase URI under which results are published, without a trailing slash
 * @param references roles of the models that a kind of stage needs besides its input, by its name;
 *     kinds that need none are left out
 * @param silence after this time without a sign of life nobody is taken to work on a run
 */
public record RunSettings(
    String artifactsBase, Map<String, Set<String>> references, Duration silence) {
  /** Settings; the map is copied. */
  public RunSettings {
    references = Map.copyOf(references);
  }

  /** Results under this URI; a minute of silence, four times as long as workers wait. */
  public static RunSettings under(String artifactsBase) {
    return new RunSettings(artifactsBase, Map.of(), Duration.ofMinutes(1));
  }
}
