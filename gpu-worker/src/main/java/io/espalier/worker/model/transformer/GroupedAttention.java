package io.espalier.worker.model.transformer;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.model.family.DimensionSpec;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.transformer.DecoderBlock.Pass;
import io.espalier.worker.model.transformer.rope.RotaryPositions;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Attention of Llama and its kin: heads share keys and values in groups, and queries and keys are
 * turned by their positions.
 *
 * @param readBias whether queries, keys and values have biases
 * @param writtenBias whether what it writes has one
 * @param headNorm normalises queries and keys, head by head, if they are
 * @param scale what scores are multiplied by; 1 / √size of a head if it is not said
 * @param cap what scores are then kept within, if they are
 */
record GroupedAttention(
    boolean readBias,
    boolean writtenBias,
    Optional<Norm> headNorm,
    OptionalDouble scale,
    OptionalDouble cap) {
  private static final String ATTENTION = ".self_attn";
  private static final String QUERY = ".self_attn.q_proj";
  private static final String KEY = ".self_attn.k_proj";
  private static final String VALUE = ".self_attn.v_proj";
  private static final String QUERY_NORM = ".self_attn.q_norm";
  private static final String KEY_NORM = ".self_attn.k_norm";
  private static final String ATTENDED = ".self_attn.o_proj";

  /** Returns whether a module of a block is part of it. */
  static boolean has(String module) {
    return module.startsWith(ATTENTION + ".");
  }

  /** Adds its tensors and layers. */
  void draw(TransformerBuilder builder, String block, int layer) {
    DimensionSpec heads = builder.headsInGroups(block, layer);
    DimensionSpec groups = builder.groups(block, layer);
    builder.linear(block + QUERY, heads, TransformerBuilder.HIDDEN, readBias);
    builder.linear(block + KEY, groups, TransformerBuilder.HIDDEN, readBias);
    builder.linear(block + VALUE, groups, TransformerBuilder.HIDDEN, readBias);
    if (headNorm.isPresent()) {
      builder.rmsNorm(block + QUERY_NORM, builder.headSize());
      builder.rmsNorm(block + KEY_NORM, builder.headSize());
    }
    builder.attention(block + ATTENTION, heads);
    builder.linear(block + ATTENDED, TransformerBuilder.HIDDEN, heads, writtenBias);
  }

  /** x: (batch, tokens, hidden) → (batch, tokens, hidden). */
  NDArray of(TextModules modules, String block, NDArray x, Pass pass) {
    RotaryPositions positions = pass.positions().orElseThrow();
    NDArray query = normed(modules, block + QUERY_NORM, read(modules, block + QUERY, x, pass));
    NDArray key = normed(modules, block + KEY_NORM, read(modules, block + KEY, x, pass));
    NDArray value = read(modules, block + VALUE, x, pass);
    double factor = scale.orElse(1 / Math.sqrt((double) pass.headSize()));
    var scoring = new SelfAttention.Scoring(pass.mask(), factor, cap);
    NDArray context =
        SelfAttention.of(
            positions.turn(query),
            positions.turn(key),
            value,
            scoring,
            scores -> pass.hooks().attention(block + TextNetwork.HEADS, scores));
    NDArray heads = pass.hooks().heads(block + TextNetwork.HEADS, context);
    return modules.dense(block + ATTENDED, SelfAttention.join(heads));
  }

  private static NDArray read(TextModules modules, String module, NDArray x, Pass pass) {
    return SelfAttention.split(modules.dense(module, x), pass.headSize());
  }

  private NDArray normed(TextModules modules, String module, NDArray x) {
    return headNorm.isPresent() ? headNorm.get().of(modules, module, x) : x;
  }
}
