package io.espalier.worker.model.transformer;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Names of a decoder's modules in a checkpoint.
 *
 * @param prefix of all names below a head, with the dot; a model without a head has none
 * @param words the embedding's weight, without prefix as all that follow
 * @param positions the weight of the table of positions, if there is one
 * @param blocks what names in layers begin with, in front of the layer's number
 * @param norm the last normalisation
 * @param carried names of tensors that files have and nothing here computes with, with any prefix
 */
record DecoderNames(
    String prefix,
    String words,
    Optional<String> positions,
    String blocks,
    String norm,
    Pattern carried) {
  /** GPT-2. */
  static final DecoderNames GPT2 = likeGpt(Optional.of("wpe.weight"));

  /** GPT-J, which turns queries and keys instead of a table of positions. */
  static final DecoderNames GPTJ = likeGpt(Optional.empty());

  /** Llama and its kin; older files have the frequencies that queries and keys are turned by. */
  static final DecoderNames LLAMA =
      new DecoderNames(
          "model.",
          "embed_tokens.weight",
          Optional.empty(),
          "layers.",
          "norm",
          Pattern.compile("(model\\.)?(layers\\.\\d+\\.self_attn\\.)?rotary_emb\\.inv_freq"));

  /** Masks of older files hold only zeros and ones, and their type changed often. */
  private static DecoderNames likeGpt(Optional<String> positions) {
    return new DecoderNames(
        "transformer.",
        "wte.weight",
        positions,
        "h.",
        "ln_f",
        Pattern.compile("(transformer\\.)?h\\.\\d+\\.attn\\.(bias|masked_bias)"));
  }
}
