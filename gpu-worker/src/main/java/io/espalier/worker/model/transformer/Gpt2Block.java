package io.espalier.worker.model.transformer;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.model.family.Side;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.tensor.T;

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
  public void draw(TextSketch sketch, String block, int layer) {
    Side heads = sketch.heads(block, layer);
    Side neurons = sketch.neurons(block, layer);
    sketch.norm(block + ".ln_1");
    sketch.transposed(block + FUSED, heads.repeated(3), TextSketch.HIDDEN);
    sketch.attention(block + ".attn", heads);
    sketch.transposed(block + ATTENDED, TextSketch.HIDDEN, heads);
    sketch.norm(block + ".ln_2");
    sketch.transposed(block + INNER, neurons, TextSketch.HIDDEN);
    sketch.transposed(block + OUTER, TextSketch.HIDDEN, neurons);
  }

  @Override
  public NDArray of(TextModules modules, String block, NDArray x, Pass pass) {
    NDArray read = pass.normed(norm(), modules, block + ".ln_1", x);
    NDArray said = attention(modules, block, read, pass);
    NDArray attended = T.add(pass.taps().added(block + TextNetwork.HEADS, said, x), x);
    NDArray normed = pass.normed(norm(), modules, block + ".ln_2", attended);
    NDArray activated = pass.activated(block, modules.transposed(block + INNER, normed));
    NDArray outer = modules.transposed(block + OUTER, activated);
    return T.add(pass.taps().added(block + TextNetwork.NEURONS, outer, attended), attended);
  }

  private static NDArray attention(TextModules modules, String block, NDArray x, Pass pass) {
    NDArray fused = modules.transposed(block + FUSED, x); // (batch, tokens, 3 · heads · size)
    long width = fused.getShape().get(2) / 3;
    NDArray context =
        SelfAttention.of(
            SelfAttention.split(T.slice(fused, 2, 0, width), pass.headSize()),
            SelfAttention.split(T.slice(fused, 2, width, 2 * width), pass.headSize()),
            SelfAttention.split(T.slice(fused, 2, 2 * width, 3 * width), pass.headSize()),
            pass.mask());
    NDArray heads = pass.taps().heads(block + ".heads", context);
    return modules.transposed(block + ATTENDED, SelfAttention.join(heads));
  }
}
