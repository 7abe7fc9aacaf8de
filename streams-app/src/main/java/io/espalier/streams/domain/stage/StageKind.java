package io.espalier.streams.domain.stage;

/** What a stage does to a model. */
public enum StageKind {
  /** Takes units out. */
  PRUNE,
  /** Trains after a teacher. */
  DISTILL,
  /** Stores weights with fewer bits. */
  QUANTIZE,
  /** Measures. */
  EVALUATE,
  /** Writes another format. */
  EXPORT
}
