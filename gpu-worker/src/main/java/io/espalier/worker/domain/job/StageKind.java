package io.espalier.worker.domain.job;

/** What a stage does to a model. */
public enum StageKind {
  /** Removes what matters least. */
  PRUNE,
  /** Trains it to answer like its parent. */
  DISTILL,
  /** Stores or computes it in fewer bits. */
  QUANTIZE,
  /** Measures it and changes nothing. */
  EVALUATE,
  /** Writes it in another format. */
  EXPORT
}
