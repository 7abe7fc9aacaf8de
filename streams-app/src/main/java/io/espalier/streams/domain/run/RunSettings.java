package io.espalier.streams.domain.run;

import java.time.Duration;

/**
 * What is the same for every run of an installation.
 *
 * @param artifactsBase URI under which results are published, without a trailing slash
 * @param silence after this time without a sign of life nobody is taken to work on a run
 */
public record RunSettings(String artifactsBase, Duration silence) {
  /** Results under this URI; a minute of silence, four times as long as workers wait. */
  public static RunSettings under(String artifactsBase) {
    return new RunSettings(artifactsBase, Duration.ofMinutes(1));
  }
}
