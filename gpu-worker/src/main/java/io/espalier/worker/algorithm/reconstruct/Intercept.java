package io.espalier.worker.algorithm.reconstruct;

/** Treatment of the intercept of a map that is solved for. */
public enum Intercept {
  /** It is solved for too: the layer has a bias, or a BatchNorm behind it takes the constant. */
  SOLVED,
  /** It stays as it is: there is no tensor that could hold another one. */
  FIXED
}
