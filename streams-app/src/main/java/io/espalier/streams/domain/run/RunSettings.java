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
 * @param mostRedeliveries how often the commands of a stage may be delivered again, in all of its
 *     attempts together, before the run ends
 */
public record RunSettings(
    String artifactsBase,
    Map<String, Set<String>> references,
    Duration silence,
    int mostRedeliveries) {
  /**
   * Half as many again as there are in the life of one command: a stage whose first command was
   * used up has another try, and one that kills its workers does not kill as many at each attempt.
   */
  public static final int MOST_REDELIVERIES = 12;

  /** Settings; the map is copied. */
  public RunSettings {
    references = Map.copyOf(references);
  }

  /** Results under this URI; a minute of silence, four times as long as workers wait. */
  public static RunSettings under(String artifactsBase) {
    return new RunSettings(artifactsBase, Map.of(), Duration.ofMinutes(1), MOST_REDELIVERIES);
  }
}
