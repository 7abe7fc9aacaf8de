package io.espalier.worker.model.transformer;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.model.family.DimensionSpec;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.transformer.rope.RotaryPositions;
import io.espalier.worker.tensor.Tensors;

/**
 * A layer of GPT-J: attention and a feed-forward part side by side, both behind one layer
 * normalisation; queries and keys are turned by their positions.
 */
record GptjBlock() implements DecoderBlock {
  private static final String QUERY = ".attn.q_proj";
  private static final String KEY = ".attn.k_proj";
  private static final String VALUE = ".attn.v_proj";
  private static final String ATTENDED = ".attn.out_proj";
  private static final String INNER = ".mlp.fc_in";
  private static final String OUTER = ".mlp.fc_out";

  @Override
  public boolean prunedHeads() {
    return false;
  }

  @Override
  public void draw(TransformerBuilder builder, String block, int layer) {
    DimensionSpec heads = builder.heads(block, layer);
    DimensionSpec neurons = builder.neurons(block, layer);
    builder.norm(block + ".ln_1");
    builder.linearWithoutBias(block + QUERY, heads, TransformerBuilder.HIDDEN);
    builder.linearWithoutBias(block + KEY, heads, TransformerBuilder.HIDDEN);
    builder.linearWithoutBias(block + VALUE, heads, TransformerBuilder.HIDDEN);
    builder.attention(block + ".attn", heads);
    builder.linearWithoutBias(block + ATTENDED, TransformerBuilder.HIDDEN, heads);
    builder.linear(block + INNER, neurons, TransformerBuilder.HIDDEN);
    builder.linear(block + OUTER, TransformerBuilder.HIDDEN, neurons);
  }

  @Override
  public NDArray of(TextModules modules, String block, NDArray x, Pass pass) {
    NDArray normed = pass.normed(norm(), modules, block + ".ln_1", x);
    NDArray said = attention(modules, block, normed, pass);
    NDArray attended = pass.hooks().added(AxisKind.HEADS, block + TextNetwork.HEADS, said, x);
    NDArray activated = pass.activated(block, modules.dense(block + INNER, normed));
    NDArray outer =
        pass.hooks()
            .added(
                AxisKind.NEURONS,
                block + TextNetwork.NEURONS,
                modules.dense(block + OUTER, activated),
                Tensors.add(attended, x));
    return Tensors.add(Tensors.add(attended, outer), x);
  }

  private static NDArray attention(TextModules modules, String block, NDArray x, Pass pass) {
    RotaryPositions positions = pass.positions().orElseThrow();
    NDArray query = SelfAttention.split(modules.dense(block + QUERY, x), pass.headSize());
    NDArray key = SelfAttention.split(modules.dense(block + KEY, x), pass.headSize());
    NDArray context =
        SelfAttention.of(
            positions.turn(query),
            positions.turn(key),
            SelfAttention.split(modules.dense(block + VALUE, x), pass.headSize()),
            pass.mask(),
            scores -> pass.hooks().attention(block + ".heads", scores));
    NDArray heads = pass.hooks().heads(block + ".heads", context);
    return modules.dense(block + ATTENDED, SelfAttention.join(heads));
  }
}
