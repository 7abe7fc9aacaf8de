package io.espalier.worker.algorithm.minitron.cut;

import java.util.Locale;

/** Criterion for layers to drop. */
public enum DepthCriterion {
  /** Those that change the least what passes, by the cosine of what enters and what leaves. */
  COSINE,
  /** Neighbours without which the model scores the best, every such block being tried. */
  CONTIGUOUS;

  /** Its name in policies and reports. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
