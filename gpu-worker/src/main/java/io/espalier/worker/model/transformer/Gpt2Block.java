package io.espalier.worker.model.transformer;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.model.family.DimensionSpec;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.tensor.Tensors;

/**
 * A layer of GPT-2: attention, then a feed-forward part, each behind a layer normalisation of the
 * stream that it is added to. Weights are (in, out), and one has queries, keys and values.
 */
record Gpt2Block() implements DecoderBlock {
  private static final String FUSED = ".attn.c_attn";
  private static final String ATTENDED = ".attn.c_proj";
  private static final String INNER = ".mlp.c_fc";
  private static final String OUTER = ".mlp.c_proj";

  @Override
  public boolean prunedHeads() {
    return true;
  }

  @Override
  public void draw(TransformerBuilder builder, String block, int layer) {
    DimensionSpec heads = builder.heads(block, layer);
    DimensionSpec neurons = builder.neurons(block, layer);
    builder.norm(block + ".ln_1");
    builder.transposed(block + FUSED, heads.repeated(3), TransformerBuilder.HIDDEN);
    builder.attention(block + ".attn", heads);
    builder.transposed(block + ATTENDED, TransformerBuilder.HIDDEN, heads);
    builder.norm(block + ".ln_2");
    builder.transposed(block + INNER, neurons, TransformerBuilder.HIDDEN);
    builder.transposed(block + OUTER, TransformerBuilder.HIDDEN, neurons);
  }

  @Override
  public NDArray of(TextModules modules, String block, NDArray x, Pass pass) {
    NDArray read = pass.normed(norm(), modules, block + ".ln_1", x);
    NDArray said = attention(modules, block, read, pass);
    NDArray attended =
        Tensors.add(pass.hooks().added(AxisKind.HEADS, block + TextNetwork.HEADS, said, x), x);
    NDArray normed = pass.normed(norm(), modules, block + ".ln_2", attended);
    NDArray activated = pass.activated(block, modules.transposed(block + INNER, normed));
    NDArray outer = modules.transposed(block + OUTER, activated);
    return Tensors.add(
        pass.hooks().added(AxisKind.NEURONS, block + TextNetwork.NEURONS, outer, attended),
        attended);
  }

  private static NDArray attention(TextModules modules, String block, NDArray x, Pass pass) {
    NDArray fused = modules.transposed(block + FUSED, x); // (batch, tokens, 3 · heads · size)
    long width = fused.getShape().get(2) / 3;
    NDArray context =
        SelfAttention.of(
            SelfAttention.split(Tensors.slice(fused, 2, 0, width), pass.headSize()),
            SelfAttention.split(Tensors.slice(fused, 2, width, 2 * width), pass.headSize()),
            SelfAttention.split(Tensors.slice(fused, 2, 2 * width, 3 * width), pass.headSize()),
            pass.mask(),
            scores -> pass.hooks().attention(block + ".heads", scores));
    NDArray heads = pass.hooks().heads(block + ".heads", context);
    return modules.transposed(block + ATTENDED, SelfAttention.join(heads));
  }
}
