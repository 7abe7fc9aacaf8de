package io.espalier.streams.domain.run;

import java.time.Duration;

/**
 * What is the same for every run of an installation.
 *
 * @param artifactsBase URI under which results are published, without a trailing slash
 * @param startTimeout how long a dispatched job may take to start
 * @param silenceTimeout how long a running worker may be silent
 */
public record RunSettings(String artifactsBase, Duration startTimeout, Duration silenceTimeout) {
  /** Results under this URI; ten minutes to start, two minutes of silence. */
  public static RunSettings under(String artifactsBase) {
    return new RunSettings(artifactsBase, Duration.ofMinutes(10), Duration.ofMinutes(2));
  }
}
