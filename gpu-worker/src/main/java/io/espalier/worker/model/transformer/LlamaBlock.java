package io.espalier.worker.model.transformer;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.model.family.DimensionSpec;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.transformer.rope.RotaryPositions;
import io.espalier.worker.tensor.Tensors;
import java.util.Optional;

/**
 * A layer of Llama and its kin: attention in which groups of heads share keys and values, then a
 * feed-forward part, each behind a normalisation of the stream that it is added to. Queries and
 * keys are turned by their positions.
 *
 * @param readBias whether queries, keys and values have biases
 * @param writtenBias whether what attention writes has one
 * @param headNorms whether queries and keys are normalised, head by head
 * @param feedForward the second part
 */
record LlamaBlock(boolean readBias, boolean writtenBias, boolean headNorms, FeedForward feedForward)
    implements DecoderBlock {
  private static final String ATTENTION_NORM = ".input_layernorm";
  private static final String ATTENTION = ".self_attn";
  private static final String QUERY = ".self_attn.q_proj";
  private static final String KEY = ".self_attn.k_proj";
  private static final String VALUE = ".self_attn.v_proj";
  private static final String QUERY_NORM = ".self_attn.q_norm";
  private static final String KEY_NORM = ".self_attn.k_norm";
  private static final String ATTENDED = ".self_attn.o_proj";
  private static final String NEURON_NORM = ".post_attention_layernorm";

  /** Neurons with a gate, as most of the family call them. */
  static GatedNeurons neurons(boolean bias) {
    return new GatedNeurons(".gate_proj", ".up_proj", ".down_proj", bias);
  }

  @Override
  public boolean prunedHeads() {
    return false;
  }

  @Override
  public Norm norm() {
    return Norm.RMS;
  }

  @Override
  public void draw(TransformerBuilder builder, String block, int layer) {
    DimensionSpec heads = builder.headsInGroups(block, layer);
    DimensionSpec groups = builder.groups(block, layer);
    norm().draw(builder, block + ATTENTION_NORM);
    builder.linear(block + QUERY, heads, TransformerBuilder.HIDDEN, readBias);
    builder.linear(block + KEY, groups, TransformerBuilder.HIDDEN, readBias);
    builder.linear(block + VALUE, groups, TransformerBuilder.HIDDEN, readBias);
    if (headNorms) {
      builder.rmsNorm(block + QUERY_NORM, builder.headSize());
      builder.rmsNorm(block + KEY_NORM, builder.headSize());
    }
    builder.attention(block + ATTENTION, heads);
    builder.linear(block + ATTENDED, TransformerBuilder.HIDDEN, heads, writtenBias);
    norm().draw(builder, block + NEURON_NORM);
    feedForward.draw(builder, block, layer);
  }

  @Override
  public Optional<String> fixedStream() {
    return Optional.empty();
  }

  @Override
  public String normBefore(String module) {
    return module.startsWith(ATTENTION + ".") ? ATTENTION_NORM : NEURON_NORM;
  }

  @Override
  public Optional<Experts> experts() {
    return feedForward.experts();
  }

  @Override
  public NDArray of(TextModules modules, String block, NDArray x, Pass pass) {
    NDArray read = pass.normed(norm(), modules, block + ATTENTION_NORM, x);
    NDArray said = attention(modules, block, read, pass);
    NDArray attended = Tensors.add(pass.hooks().added(block + TextNetwork.HEADS, said, x), x);
    NDArray normed = pass.normed(norm(), modules, block + NEURON_NORM, attended);
    NDArray outer = feedForward.of(modules, block, normed, pass);
    return Tensors.add(pass.hooks().added(block + TextNetwork.NEURONS, outer, attended), attended);
  }

  private NDArray attention(TextModules modules, String block, NDArray x, Pass pass) {
    RotaryPositions positions = pass.positions().orElseThrow();
    NDArray query = SelfAttention.split(modules.dense(block + QUERY, x), pass.headSize());
    NDArray key = SelfAttention.split(modules.dense(block + KEY, x), pass.headSize());
    NDArray value = SelfAttention.split(modules.dense(block + VALUE, x), pass.headSize());
    if (headNorms) {
      query = modules.rmsNorm(block + QUERY_NORM, query);
      key = modules.rmsNorm(block + KEY_NORM, key);
    }
    NDArray context =
        SelfAttention.of(positions.turn(query), positions.turn(key), value, pass.mask());
    NDArray heads = pass.hooks().heads(block + TextNetwork.HEADS, context);
    return modules.dense(block + ATTENDED, SelfAttention.join(heads));
  }
}
