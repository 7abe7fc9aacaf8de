package io.espalier.worker.model.transformer;

import ai.djl.ndarray.NDArray;

/** What the residual stream of a decoder is normalised by. */
enum Norm {
  /** Mean and variance, with scale and shift. */
  LAYER,
  /** The root of the mean square, with a scale. */
  RMS;

  /** Adds its tensors. */
  void draw(TextSketch sketch, String module) {
    if (this == LAYER) {
      sketch.norm(module);
    } else {
      sketch.rmsNorm(module, TextSketch.HIDDEN);
    }
  }

  /** Normalises the last axis. */
  NDArray of(TextModules modules, String module, NDArray x) {
    return this == LAYER ? modules.norm(module, x) : modules.rmsNorm(module, x);
  }
}
