package io.espalier.worker.model.transformer;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.model.family.Side;
import io.espalier.worker.model.family.Taps;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.model.transformer.rope.Rotations;
import io.espalier.worker.tensor.T;
import io.espalier.worker.tensor.Weights;
import java.util.List;
import java.util.Map;

/**
 * BERT and its kin: layers of attention to all tokens and of a feed-forward part, each with a layer
 * normalisation behind it.
 *
 * @param family what it belongs to
 * @param plan what it is built like
 * @param causal whether no token sees a later one
 */
record EncoderNetwork(EncoderFamily family, TextPlan plan, boolean causal)
    implements StackedNetwork {
  @Override
  public TextInput input() {
    return plan.input();
  }

  @Override
  public List<String> warnings() {
    return plan.warnings().stream().distinct().toList();
  }

  @Override
  public List<String> untied(ModelDirectory directory) {
    return TiedCheck.problems(directory, plan, family.names().prefix());
  }

  @Override
  public int headSize() {
    return plan.widths().headSize();
  }

  @Override
  public int hiddenSize() {
    return plan.widths().hidden();
  }

  @Override
  public WidthKeys widthKeys() {
    return family.reader().keys().widths(true);
  }

  @Override
  public Architecture architecture(Map<String, long[]> shapes, int tokens) {
    EncoderNames names = family.names();
    String prefix = plan.prefix(names.prefix(), shapes.keySet());
    var sketch = new TextSketch(plan, shapes, tokens);
    sketch.embedding(prefix + EncoderNames.WORDS, TextSketch.VOCABULARY);
    sketch.positions(prefix + EncoderNames.POSITIONS);
    if (family.segments()) {
      Side segments =
          sketch.fixed(AxisKind.SEGMENTS, input().types(), "segments are those of the inputs");
      sketch.embedding(prefix + EncoderNames.SEGMENTS, segments);
    }
    sketch.norm(prefix + EncoderNames.NORM);
    for (int i = 0; i < plan.widths().layers(); i++) {
      layer(sketch, prefix + names.blocks() + i, i);
    }
    plan.head().draw(sketch, prefix);
    sketch.carry(family.carried());
    return sketch.settle(family.name());
  }

  private void layer(TextSketch sketch, String block, int index) {
    EncoderNames names = family.names();
    Side heads = sketch.heads(block, index);
    Side neurons = sketch.neurons(block, index);
    sketch.linear(block + names.query(), heads, TextSketch.HIDDEN);
    sketch.linear(block + names.key(), heads, TextSketch.HIDDEN);
    sketch.linear(block + names.value(), heads, TextSketch.HIDDEN);
    sketch.attention(block + ".attention", heads);
    sketch.linear(block + names.attended(), TextSketch.HIDDEN, heads);
    sketch.norm(block + names.attentionNorm());
    sketch.linear(block + names.inner(), neurons, TextSketch.HIDDEN);
    sketch.linear(block + names.outer(), TextSketch.HIDDEN, neurons);
    sketch.norm(block + names.outputNorm());
  }

  @Override
  public NDArray encode(Weights weights, Tokens tokens, Taps taps) {
    NDArray x = embed(weights, tokens, taps);
    Surroundings surroundings = surroundings(tokens, x);
    for (int i = 0; i < layers(); i++) {
      x = layer(i, weights, x, surroundings, taps);
    }
    return x;
  }

  @Override
  public NDArray forward(Weights weights, Tokens tokens, Taps taps) {
    return plan.head().of(modules(weights), plan, encode(weights, tokens, taps), tokens);
  }

  private TextModules modules(Weights weights) {
    String prefix = plan.prefix(family.names().prefix(), weights.names());
    return new TextModules(weights, prefix, plan.epsilon());
  }

  @Override
  public int layers() {
    return plan.widths().layers();
  }

  @Override
  public boolean centresStream() {
    return true;
  }

  @Override
  public Surroundings surroundings(Tokens tokens, NDArray like) {
    return causal
        ? new Surroundings(tokens, like, Windows.NONE, Rotations.NONE)
        : Surroundings.ofAllTokens(tokens, like);
  }

  @Override
  public NDArray embed(Weights weights, Tokens tokens, Taps taps) {
    return taps.hidden(0, embed(modules(weights), tokens)); // (batch, tokens, hidden)
  }

  @Override
  public NDArray layer(
      int index, Weights weights, NDArray x, Surroundings surroundings, Taps taps) {
    TextModules modules = modules(weights);
    String block = modules.prefix() + family.names().blocks() + index;
    NDArray mask = surroundings.mask(index);
    NDArray said = layer(modules, block, taps.entering(index, x), mask, taps);
    return taps.hidden(index + 1, taps.leaving(index, said));
  }

  private NDArray embed(TextModules modules, Tokens tokens) {
    NDArray words = T.embedding(modules.get(EncoderNames.WORDS), tokens.ids());
    NDArray typed = family.segments() ? T.add(words, segments(modules, tokens)) : words;
    NDArray placed = T.add(typed, positions(modules, tokens.ids()));
    return modules.norm(modules.prefix() + EncoderNames.NORM, placed);
  }

  private NDArray segments(TextModules modules, Tokens tokens) {
    NDArray table = modules.get(EncoderNames.SEGMENTS);
    return input().types() == 1 ? table : T.embedding(table, tokens.types());
  }

  /**
   * Rows of the table of positions: (tokens, hidden), or (batch, tokens, hidden) if they differ.
   */
  private NDArray positions(TextModules modules, NDArray ids) {
    NDArray table = modules.get(EncoderNames.POSITIONS);
    if (!family.reader().reserved()) {
      return T.slice(table, 0, 0, ids.getShape().get(1));
    }
    NDArray real = T.isNot(ids, plan.reserved());
    NDArray places = T.multiply(T.cumulativeSum(real, 1), real);
    return T.embedding(table, T.add(places, (double) plan.reserved()));
  }

  private NDArray layer(TextModules modules, String block, NDArray x, NDArray mask, Taps taps) {
    EncoderNames names = family.names();
    int size = plan.widths().headSize();
    NDArray context =
        SelfAttention.of(
            SelfAttention.split(modules.dense(block + names.query(), x), size),
            SelfAttention.split(modules.dense(block + names.key(), x), size),
            SelfAttention.split(modules.dense(block + names.value(), x), size),
            mask);
    NDArray joined = SelfAttention.join(taps.heads(block + ".heads", context));
    NDArray attended =
        taps.added(block + ".heads", modules.dense(block + names.attended(), joined), x);
    NDArray between = modules.norm(block + names.attentionNorm(), T.add(attended, x));
    NDArray inner = taps.neurons(block + ".neurons", modules.dense(block + names.inner(), between));
    NDArray activated = taps.activated(block + ".neurons", plan.activation().of(inner));
    NDArray outer =
        taps.added(block + ".neurons", modules.dense(block + names.outer(), activated), between);
    return modules.norm(block + names.outputNorm(), T.add(outer, between));
  }
}
