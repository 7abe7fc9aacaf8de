package io.espalier.worker.model.transformer.image;

import java.util.List;
import java.util.Optional;

/**
 * Names of the modules and tensors of a transformer that reads images in a checkpoint.
 *
 * @param classToken the token that the classifier reads
 * @param distilled the token that a teacher's labels were learnt by, if there is one
 * @param positions the table of positions
 * @param patches the convolution that makes tokens of patches
 * @param blocks what names in layers begin with, in front of the layer's number
 * @param layer what modules are called in a layer
 * @param norm the last normalisation
 * @param classifier the layer that gives class scores
 */
public record ImageTransformerNames(
    String classToken,
    Optional<String> distilled,
    String positions,
    String patches,
    String blocks,
    OfLayer layer,
    String norm,
    String classifier) {
  /**
   * Names of modules in a layer.
   *
   * @param read linear layers that queries, keys and values come from: one for each, or a single
   *     one that gives all of them one after another
   * @param attended the linear layer behind the heads
   * @param attentionNorm the normalisation in front of attention
   * @param inner the first linear layer of the feed-forward part
   * @param outer the second one
   * @param neuronNorm the normalisation in front of that part
   */
  public record OfLayer(
      List<String> read,
      String attended,
      String attentionNorm,
      String inner,
      String outer,
      String neuronNorm) {
    private static final OfLayer TIMM =
        new OfLayer(List.of(".attn.qkv"), ".attn.proj", ".norm1", ".mlp.fc1", ".mlp.fc2", ".norm2");

    private static final OfLayer TRANSFORMERS =
        new OfLayer(
            List.of(
                ".attention.attention.query",
                ".attention.attention.key",
                ".attention.attention.value"),
            ".attention.output.dense",
            ".layernorm_before",
            ".intermediate.dense",
            ".output.dense",
            ".layernorm_after");
  }

  /** timm's. */
  static final ImageTransformerNames TIMM =
      new ImageTransformerNames(
          "cls_token",
          Optional.empty(),
          "pos_embed",
          "patch_embed.proj",
          "blocks.",
          OfLayer.TIMM,
          "norm",
          "head");

  /** ViT's of transformers. */
  static final ImageTransformerNames VIT = ofTransformers("vit.", false);

  /** DeiT's of transformers, in which every model has the token of distillation. */
  static final ImageTransformerNames DEIT = ofTransformers("deit.", true);

  private static ImageTransformerNames ofTransformers(String prefix, boolean distilled) {
    String embeddings = prefix + "embeddings.";
    return new ImageTransformerNames(
        embeddings + "cls_token",
        distilled ? Optional.of(embeddings + "distillation_token") : Optional.empty(),
        embeddings + "position_embeddings",
        embeddings + "patch_embeddings.projection",
        prefix + "encoder.layer.",
        OfLayer.TRANSFORMERS,
        prefix + "layernorm",
        "classifier");
  }

  /** Tokens in front of those of patches. */
  int tokensInFront() {
    return distilled.isPresent() ? 2 : 1;
  }
}
