package io.espalier.worker.algorithm.minitron.size;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** A number that says how large a decoder is. */
public enum DecoderDimension {
  /** Channels of the residual stream. */
  HIDDEN("hidden", "hidden_size"),
  /** Feed-forward neurons of each layer that has no experts. */
  NEURONS("neurons", "ffn_hidden_size", "intermediate_size"),
  /** Experts of each layer that has any. */
  EXPERTS("experts", "num_moe_experts", "num_experts", "num_local_experts"),
  /** Feed-forward neurons of each expert. */
  EXPERT_NEURONS("neurons of an expert", "moe_ffn_hidden_size", "moe_intermediate_size"),
  /** Feed-forward neurons of the expert that all tokens of a layer share. */
  SHARED_NEURONS(
      "neurons of the shared expert",
      "moe_shared_expert_intermediate_size",
      "shared_expert_intermediate_size"),
  /** Attention heads of each layer, those that ask. */
  HEADS("heads", "num_attention_heads"),
  /** Heads of each layer that are asked: of keys and values. */
  GROUPS("groups", "num_query_groups", "num_key_value_heads"),
  /** Layers. */
  LAYERS("layers", "num_layers", "num_hidden_layers");

  private final String word;
  private final String keys; // with blanks between

  DecoderDimension(String word, String... keys) {
    this.word = word;
    this.keys = String.join(" ", keys);
  }

  /** Returns what messages and reports call it. */
  public String word() {
    return word;
  }

  /**
   * Returns what policies call it: as ModelOpt's {@code export_config} does, then as Hugging Face
   * does.
   */
  public List<String> keys() {
    return List.of(keys.split(" ", -1));
  }

  /** The size that a policy calls so. */
  public static Optional<DecoderDimension> of(String key) {
    return Arrays.stream(values()).filter(size -> size.keys().contains(key)).findFirst();
  }

  /** Everything that policies may call sizes, for messages. */
  public static String allKeys() {
    return Arrays.stream(values())
        .map(size -> String.join(" or ", size.keys()))
        .collect(Collectors.joining(", "));
  }
}
