package io.espalier.worker.algorithm.gradnas;

/** In which form a pruned model that reads text is left behind: what opens it depends on it. */
public enum OutputMode {
  /** Each layer has its own widths; config.json has lists of them. Our own loader opens it. */
  PER_LAYER("per-layer", false, true),
  /**
   * Heads are removed as transformers 4 removes them, which {@code pruned_heads} in config.json
   * says; feed-forward widths are equal in all layers.
   */
  PRUNED_HEADS("hf-v4-pruned-heads", true, true),
  /** All feed-forward widths are equal and heads stay, so any loader of the family opens it. */
  UNIFORM("uniform", true, false),
  /**
   * The widths stay; what would be removed is zero. Any loader of the family opens it, and it costs
   * what the original costs: it is for checking what pruning does to the outputs.
   */
  ZERO_PADDED("zero-padded", false, true);

  /** Reason for heads to stay if loaders infer size. */
  static final String WHY_HEADS_STAY =
      "loaders divide the hidden size by the number of heads to get a head's size, so heads stay"
          + " (output uniform)";

  private final String key;
  private final boolean equalNeurons;
  private final boolean headsMayGo;

  OutputMode(String key, boolean equalNeurons, boolean headsMayGo) {
    this.key = key;
    this.equalNeurons = equalNeurons;
    this.headsMayGo = headsMayGo;
  }

  /** Its name in policies and reports. */
  public String key() {
    return key;
  }

  boolean equalNeurons() {
    return equalNeurons;
  }

  boolean headsMayGo() {
    return headsMayGo;
  }
}
