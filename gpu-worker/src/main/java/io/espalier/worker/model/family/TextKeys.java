package io.espalier.worker.model.family;

import java.util.Optional;

/** Names of the sizes of a transformer family in config.json. */
public enum TextKeys {
  /** BERT and RoBERTa. */
  BERT(
      "hidden_size",
      "num_hidden_layers",
      "num_attention_heads",
      "intermediate_size",
      "max_position_embeddings",
      "hidden_act",
      Optional.of("layer_norm_eps"),
      Optional.empty()),
  /** Its epsilon is not in its configs. */
  DISTILBERT(
      "dim",
      "n_layers",
      "n_heads",
      "hidden_dim",
      "max_position_embeddings",
      "activation",
      Optional.empty(),
      Optional.empty()),
  /** GPT-2 and GPT-J. */
  GPT(
      "n_embd",
      "n_layer",
      "n_head",
      "n_inner",
      "n_positions",
      "activation_function",
      Optional.of("layer_norm_epsilon"),
      Optional.empty()),
  /** Llama and its kin, whose heads may be of any size and share keys and values in groups. */
  LLAMA(
      "hidden_size",
      "num_hidden_layers",
      "num_attention_heads",
      "intermediate_size",
      "max_position_embeddings",
      "hidden_act",
      Optional.of("rms_norm_eps"),
      Optional.of("num_key_value_heads")),
  /** Gemma, which calls the activation otherwise than Llama. */
  GEMMA(
      "hidden_size",
      "num_hidden_layers",
      "num_attention_heads",
      "intermediate_size",
      "max_position_embeddings",
      "hidden_activation",
      Optional.of("rms_norm_eps"),
      Optional.of("num_key_value_heads"));

  private final String hidden;
  private final String layers;
  private final String heads;
  private final String neurons;
  private final String positions;
  private final String activation;
  private final Optional<String> epsilon;
  private final Optional<String> groups;

  TextKeys(
      String hidden,
      String layers,
      String heads,
      String neurons,
      String positions,
      String activation,
      Optional<String> epsilon,
      Optional<String> groups) {
    this.hidden = hidden;
    this.layers = layers;
    this.heads = heads;
    this.neurons = neurons;
    this.positions = positions;
    this.activation = activation;
    this.epsilon = epsilon;
    this.groups = groups;
  }

  public String hidden() {
    return hidden;
  }

  public String layers() {
    return layers;
  }

  public String heads() {
    return heads;
  }

  public String neurons() {
    return neurons;
  }

  public String positions() {
    return positions;
  }

  public String activation() {
    return activation;
  }

  public Optional<String> epsilon() {
    return epsilon;
  }

  /** Number of heads of keys and values, if heads can share them. */
  Optional<String> groups() {
    return groups;
  }

  /** Returns whether the size of a head stands for itself, whatever the hidden size is. */
  boolean sizesHeads() {
    return this == LLAMA || this == GEMMA;
  }

  /**
   * Returns where layers' widths stand.
   *
   * @param prunedHeads whether transformers 4 can remove heads from models of the family
   */
  public MaskableNetwork.WidthKeys widths(boolean prunedHeads) {
    return new MaskableNetwork.WidthKeys(
        hidden, layers, heads, groups, neurons, prunedHeads, sizesHeads());
  }
}
