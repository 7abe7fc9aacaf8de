package io.espalier.worker.domain.model;

/**
 * The attention of a layer, as the cost model sees it: every token's query against every token's
 * key, and the values summed up by what comes out.
 *
 * <p>FLOPs are 2 × multiply-accumulates: {@code 2 × (2 × tokens² × size of the heads)}. Softmax and
 * masking are not counted (ModelOpt with torchprofile counts the same two products).
 *
 * @param module name of the module
 * @param heads the dimension along the heads, {@code head_dim} indices each
 * @param tokens length of the sequence
 */
public record Attention(String module, Dimension heads, int tokens) {
  /** An attention; there must be a token. */
  public Attention {
    if (tokens < 1) {
      throw new IllegalArgumentException("attention '%s' over %d tokens".formatted(module, tokens));
    }
  }
}
