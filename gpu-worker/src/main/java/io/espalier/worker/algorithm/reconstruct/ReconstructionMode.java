package io.espalier.worker.algorithm.reconstruct;

import java.util.Locale;

/** Choice whether layers that read cut units are solved. */
public enum ReconstructionMode {
  /** Where there are calibration data. */
  AUTO,
  /** Yes; without calibration data the request is refused. */
  ON,
  /** No: every number of the result is one of the original's. */
  OFF;

  /** Its name in policies. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
