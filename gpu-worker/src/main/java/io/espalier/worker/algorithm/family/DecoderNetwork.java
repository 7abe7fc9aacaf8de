package io.espalier.worker.algorithm.family;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Stack;
import io.espalier.worker.tensor.T;
import io.espalier.worker.tensor.Weights;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * GPT-2 and its kin: layers that add to a stream, in which no token sees a later one, and a layer
 * normalisation at the end.
 *
 * @param family name of the family
 * @param plan what it is built like
 * @param block its layers
 * @param turned channels of each head that are turned by their position, the first ones; 0 if it
 *     has a table of positions instead
 */
record DecoderNetwork(String family, TextPlan plan, DecoderBlock block, int turned)
    implements TextNetwork {
  static final String WORDS = "wte.weight";
  private static final String POSITIONS = "wpe.weight";
  private static final String PREFIX = "transformer.";
  private static final String BLOCKS = "h.";
  private static final String NORM = "ln_f";

  /** Buffers of older files; only zeros and ones are in them, and their type changed often. */
  private static final Pattern CAUSAL_MASK =
      Pattern.compile("(transformer\\.)?h\\.\\d+\\.attn\\.(bias|masked_bias)");

  @Override
  public TextInput input() {
    return plan.input();
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
    return TextKeys.GPT.widths(block.prunedHeads());
  }

  @Override
  public Architecture architecture(Map<String, long[]> shapes, int tokens) {
    String prefix = plan.prefix(PREFIX, shapes.keySet());
    var sketch = new TextSketch(plan, shapes, tokens);
    sketch.embedding(prefix + WORDS, TextSketch.VOCABULARY);
    if (turned == 0) {
      sketch.positions(prefix + POSITIONS);
    }
    for (int i = 0; i < plan.widths().layers(); i++) {
      String layer = prefix + BLOCKS + i;
      block.draw(sketch, layer, sketch.heads(layer, i), sketch.neurons(layer, i));
    }
    sketch.norm(prefix + NORM);
    plan.head().draw(sketch, prefix);
    sketch.carry(CAUSAL_MASK);
    var layers = new Axis("layers", plan.widths().layers());
    return sketch.settle(family).withStacks(new Stack(layers, prefix + BLOCKS));
  }

  @Override
  public NDArray encode(Weights weights, Tokens tokens, Taps taps) {
    return encode(modules(weights), tokens, taps);
  }

  @Override
  public NDArray forward(Weights weights, Tokens tokens, Taps taps) {
    TextModules modules = modules(weights);
    return plan.head().of(modules, plan, encode(modules, tokens, taps), tokens.mask());
  }

  private TextModules modules(Weights weights) {
    String prefix = plan.prefix(PREFIX, weights.names());
    return new TextModules(weights, prefix, plan.epsilon());
  }

  private NDArray encode(TextModules modules, Tokens tokens, Taps taps) {
    int layers = plan.widths().layers();
    NDArray x = taps.hidden(0, embed(modules, tokens.ids())); // (batch, tokens, hidden)
    var pass = pass(tokens, x, taps);
    for (int i = 0; i < layers; i++) {
      x = block.of(modules, modules.prefix() + BLOCKS + i, x, pass);
      if (i + 1 < layers) {
        x = taps.hidden(i + 1, x);
      }
    }
    return taps.hidden(layers, modules.norm(modules.prefix() + NORM, x));
  }

  private DecoderBlock.Pass pass(Tokens tokens, NDArray x, Taps taps) {
    int length = Math.toIntExact(x.getShape().get(1));
    return new DecoderBlock.Pass(
        SelfAttention.ofEarlierTokens(tokens.mask(), x),
        turned == 0 ? Optional.empty() : Optional.of(RotaryPositions.of(x, length, turned)),
        plan.widths().headSize(),
        plan.activation(),
        taps);
  }

  private NDArray embed(TextModules modules, NDArray ids) {
    NDArray words = T.embedding(modules.get(WORDS), ids);
    return turned > 0
        ? words
        : T.add(words, T.slice(modules.get(POSITIONS), 0, 0, ids.getShape().get(1)));
  }
}
