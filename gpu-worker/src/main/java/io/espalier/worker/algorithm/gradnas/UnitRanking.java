package io.espalier.worker.algorithm.gradnas;

import java.util.Locale;

/** Ranking of the units of a layer among each other; how many stay is always by gradients. */
public enum UnitRanking {
  /** By the squared gradient of the loss with respect to a unit's mask. */
  GRADIENT,
  /**
   * By what the projection behind the units loses once its weights are solved for anew without a
   * unit.
   */
  RESIDUAL;

  /** Its name in policies and reports. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
