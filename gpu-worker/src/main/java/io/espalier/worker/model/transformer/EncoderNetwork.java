package io.espalier.worker.model.transformer;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.model.family.DimensionSpec;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.model.transformer.rope.Rotations;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * BERT and its kin: layers of attention to all tokens and of a feed-forward part, each with a layer
 * normalisation behind it.
 *
 * @param family what it belongs to
 * @param plan what it is built like
 * @param causal whether no token sees a later one
 */
record EncoderNetwork(EncoderFamily family, TransformerSpec plan, boolean causal)
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
  public Optional<String> sharingOutput() {
    return plan.sharingOutput();
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
    var builder = new TransformerBuilder(plan, shapes, tokens);
    builder.embedding(prefix + EncoderNames.WORDS, TransformerBuilder.VOCABULARY);
    builder.positions(prefix + EncoderNames.POSITIONS);
    if (family.segments()) {
      DimensionSpec segments =
          builder.fixed(AxisKind.SEGMENTS, input().types(), "segments are those of the inputs");
      builder.embedding(prefix + EncoderNames.SEGMENTS, segments);
    }
    builder.norm(prefix + EncoderNames.NORM);
    for (int i = 0; i < plan.widths().layers(); i++) {
      layer(builder, prefix + names.blocks() + i, i);
    }
    plan.head().draw(builder, prefix);
    builder.carry(family.carried());
    return builder.settle(family.name());
  }

  private void layer(TransformerBuilder builder, String block, int index) {
    EncoderNames names = family.names();
    DimensionSpec heads = builder.heads(block, index);
    DimensionSpec neurons = builder.neurons(block, index);
    builder.linear(block + names.query(), heads, TransformerBuilder.HIDDEN);
    builder.linear(block + names.key(), heads, TransformerBuilder.HIDDEN);
    builder.linear(block + names.value(), heads, TransformerBuilder.HIDDEN);
    builder.attention(block + ".attention", heads);
    builder.linear(block + names.attended(), TransformerBuilder.HIDDEN, heads);
    builder.norm(block + names.attentionNorm());
    builder.linear(block + names.inner(), neurons, TransformerBuilder.HIDDEN);
    builder.linear(block + names.outer(), TransformerBuilder.HIDDEN, neurons);
    builder.norm(block + names.outputNorm());
  }

  @Override
  public NDArray encode(Weights weights, Tokens tokens, ForwardHooks hooks) {
    NDArray x = embed(weights, tokens, hooks);
    BatchContext surroundings = context(tokens, x);
    for (int i = 0; i < layers(); i++) {
      x = layer(i, weights, x, surroundings, hooks);
    }
    return x;
  }

  @Override
  public NDArray forward(Weights weights, Tokens tokens, ForwardHooks hooks) {
    return plan.head().of(modules(weights), plan, encode(weights, tokens, hooks), tokens);
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
  public BatchContext context(Tokens tokens, NDArray like) {
    return causal
        ? new BatchContext(tokens, like, Windows.NONE, Rotations.NONE)
        : BatchContext.ofAllTokens(tokens, like);
  }

  @Override
  public NDArray embed(Weights weights, Tokens tokens, ForwardHooks hooks) {
    return hooks.hidden(0, embed(modules(weights), tokens)); // (batch, tokens, hidden)
  }

  @Override
  public NDArray layer(
      int index, Weights weights, NDArray x, BatchContext surroundings, ForwardHooks hooks) {
    TextModules modules = modules(weights);
    String block = modules.prefix() + family.names().blocks() + index;
    NDArray mask = surroundings.mask(index);
    NDArray said = layer(modules, block, hooks.entering(index, x), mask, hooks);
    return hooks.hidden(index + 1, hooks.leaving(index, said));
  }

  private NDArray embed(TextModules modules, Tokens tokens) {
    NDArray words = Tensors.embedding(modules.get(EncoderNames.WORDS), tokens.ids());
    NDArray typed = family.segments() ? Tensors.add(words, segments(modules, tokens)) : words;
    NDArray placed = Tensors.add(typed, positions(modules, tokens.ids()));
    return modules.norm(modules.prefix() + EncoderNames.NORM, placed);
  }

  private NDArray segments(TextModules modules, Tokens tokens) {
    NDArray table = modules.get(EncoderNames.SEGMENTS);
    return input().types() == 1 ? table : Tensors.embedding(table, tokens.types());
  }

  /**
   * Rows of the table of positions: (tokens, hidden), or (batch, tokens, hidden) if they differ.
   */
  private NDArray positions(TextModules modules, NDArray ids) {
    NDArray table = modules.get(EncoderNames.POSITIONS);
    if (!family.reader().reserved()) {
      return Tensors.slice(table, 0, 0, ids.getShape().get(1));
    }
    NDArray real = Tensors.isNot(ids, plan.reserved());
    NDArray places = Tensors.multiply(Tensors.cumulativeSum(real, 1), real);
    return Tensors.embedding(table, Tensors.add(places, (double) plan.reserved()));
  }

  private NDArray layer(
      TextModules modules, String block, NDArray x, NDArray mask, ForwardHooks hooks) {
    EncoderNames names = family.names();
    int size = plan.widths().headSize();
    NDArray context =
        SelfAttention.of(
            SelfAttention.split(modules.dense(block + names.query(), x), size),
            SelfAttention.split(modules.dense(block + names.key(), x), size),
            SelfAttention.split(modules.dense(block + names.value(), x), size),
            mask,
            scores -> hooks.attention(block + ".heads", scores));
    NDArray joined = SelfAttention.join(hooks.heads(block + ".heads", context));
    NDArray attended =
        hooks.added(
            AxisKind.HEADS, block + ".heads", modules.dense(block + names.attended(), joined), x);
    NDArray between = modules.norm(block + names.attentionNorm(), Tensors.add(attended, x));
    NDArray inner =
        hooks.neurons(block + ".neurons", modules.dense(block + names.inner(), between));
    NDArray activated = hooks.activated(block + ".neurons", plan.activation().of(inner));
    NDArray outer =
        hooks.added(
            AxisKind.NEURONS,
            block + ".neurons",
            modules.dense(block + names.outer(), activated),
            between);
    return modules.norm(block + names.outputNorm(), Tensors.add(outer, between));
  }
}
