package io.espalier.worker.algorithm.family;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.T;

/** What is applied to each element between two layers; each maps zero to zero. */
enum Activation {
  /** max(x, 0). */
  RELU,
  /** min(max(x, 0), 6). */
  RELU6,
  /** x · min(max(x + 3, 0), 6) / 6. */
  HARD_SWISH,
  /** x / (1 + e⁻ˣ), which timm calls swish as well. */
  SILU;

  NDArray of(NDArray x) {
    return switch (this) {
      case RELU -> T.relu(x);
      case RELU6 -> T.relu6(x);
      case HARD_SWISH -> T.hardSwish(x);
      case SILU -> T.silu(x);
    };
  }
}
