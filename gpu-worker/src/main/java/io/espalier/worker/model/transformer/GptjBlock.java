package io.espalier.worker.model.transformer;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.model.family.Side;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.transformer.rope.RotaryPositions;
import io.espalier.worker.tensor.T;

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
  public void draw(TextSketch sketch, String block, int layer) {
    Side heads = sketch.heads(block, layer);
    Side neurons = sketch.neurons(block, layer);
    sketch.norm(block + ".ln_1");
    sketch.linearWithoutBias(block + QUERY, heads, TextSketch.HIDDEN);
    sketch.linearWithoutBias(block + KEY, heads, TextSketch.HIDDEN);
    sketch.linearWithoutBias(block + VALUE, heads, TextSketch.HIDDEN);
    sketch.attention(block + ".attn", heads);
    sketch.linearWithoutBias(block + ATTENDED, TextSketch.HIDDEN, heads);
    sketch.linear(block + INNER, neurons, TextSketch.HIDDEN);
    sketch.linear(block + OUTER, TextSketch.HIDDEN, neurons);
  }

  @Override
  public NDArray of(TextModules modules, String block, NDArray x, Pass pass) {
    NDArray normed = pass.normed(norm(), modules, block + ".ln_1", x);
    NDArray said = attention(modules, block, normed, pass);
    NDArray attended = pass.taps().added(block + TextNetwork.HEADS, said, x);
    NDArray activated = pass.activated(block, modules.dense(block + INNER, normed));
    NDArray outer =
        pass.taps()
            .added(
                block + TextNetwork.NEURONS,
                modules.dense(block + OUTER, activated),
                T.add(attended, x));
    return T.add(T.add(attended, outer), x);
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
            pass.mask());
    NDArray heads = pass.taps().heads(block + ".heads", context);
    return modules.dense(block + ATTENDED, SelfAttention.join(heads));
  }
}
