package io.espalier.worker.model.transformer;

/**
 * Names of an encoder's modules in a checkpoint.
 *
 * @param prefix of all names below a head, with the dot; a model without a head has none
 * @param blocks module that has the layers
 * @param query in a layer, as all that follow
 * @param key the dense layer that keys come from
 * @param value the dense layer that values come from
 * @param attended the dense layer behind the heads
 * @param attentionNorm the layer normalisation behind attention
 * @param inner the first dense layer of the feed-forward part
 * @param outer the second one
 * @param outputNorm the layer normalisation behind that
 */
record EncoderNames(
    String prefix,
    String blocks,
    String query,
    String key,
    String value,
    String attended,
    String attentionNorm,
    String inner,
    String outer,
    String outputNorm) {
  static final String WORDS = "embeddings.word_embeddings.weight";
  static final String POSITIONS = "embeddings.position_embeddings.weight";
  static final String SEGMENTS = "embeddings.token_type_embeddings.weight";
  static final String NORM = "embeddings.LayerNorm";

  static final EncoderNames BERT = likeBert("bert.");
  static final EncoderNames ROBERTA = likeBert("roberta.");
  static final EncoderNames DISTILBERT =
      new EncoderNames(
          "distilbert.",
          "transformer.layer.",
          ".attention.q_lin",
          ".attention.k_lin",
          ".attention.v_lin",
          ".attention.out_lin",
          ".sa_layer_norm",
          ".ffn.lin1",
          ".ffn.lin2",
          ".output_layer_norm");

  private static EncoderNames likeBert(String prefix) {
    return new EncoderNames(
        prefix,
        "encoder.layer.",
        ".attention.self.query",
        ".attention.self.key",
        ".attention.self.value",
        ".attention.output.dense",
        ".attention.output.LayerNorm",
        ".intermediate.dense",
        ".output.dense",
        ".output.LayerNorm");
  }
}
