package io.espalier.worker.model.transformer;

import ai.djl.ndarray.NDArray;

/** Normalisation of a decoder's residual stream. */
enum Norm {
  /** Mean and variance, with scale and shift. */
  LAYER,
  /** The root of the mean square, with a scale. */
  RMS,
  /** The root of the mean square, with a scale that is stored less 1. */
  RMS_LESS_ONE;

  /** Adds its tensors. */
  void draw(TransformerBuilder builder, String module) {
    if (this == LAYER) {
      builder.norm(module);
    } else {
      builder.rmsNorm(module, TransformerBuilder.HIDDEN);
    }
  }

  /** Normalises the last axis. */
  NDArray of(TextModules modules, String module, NDArray x) {
    return switch (this) {
      case LAYER -> modules.norm(module, x);
      case RMS -> modules.rmsNorm(module, x);
      case RMS_LESS_ONE -> modules.rmsNormLessOne(module, x);
    };
  }
}
