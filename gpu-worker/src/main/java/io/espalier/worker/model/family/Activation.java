package io.espalier.worker.model.family;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.Tensors;
import java.util.Map;

/** Function of each element between two layers; each maps zero to zero. */
public enum Activation {
  /** max(x, 0). */
  RELU,
  /** min(max(x, 0), 6). */
  RELU6,
  /** x · min(max(x + 3, 0), 6) / 6. */
  HARD_SWISH,
  /** x / (1 + e⁻ˣ), which timm calls swish as well. */
  SILU,
  /** x · Φ(x). */
  GELU,
  /** What GPT takes for it, by a hyperbolic tangent. */
  GELU_TANH,
  /** Hyperbolic tangent. */
  TANH;

  /** Those of transformers' networks by the names that its configs have for them. */
  public static final Map<String, Activation> OF_TRANSFORMERS =
      Map.of(
          "gelu", GELU,
          "gelu_new", GELU_TANH,
          "gelu_pytorch_tanh", GELU_TANH,
          "relu", RELU,
          "silu", SILU,
          "swish", SILU);

  public NDArray of(NDArray x) {
    return switch (this) {
      case RELU -> Tensors.relu(x);
      case RELU6 -> Tensors.relu6(x);
      case HARD_SWISH -> Tensors.hardSwish(x);
      case SILU -> Tensors.silu(x);
      case GELU -> Tensors.gelu(x);
      case GELU_TANH -> Tensors.geluTanh(x);
      case TANH -> Tensors.tanh(x);
    };
  }
}
