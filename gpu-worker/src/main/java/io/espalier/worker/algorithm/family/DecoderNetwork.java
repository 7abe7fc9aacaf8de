package io.espalier.worker.algorithm.family;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Stack;
import io.espalier.worker.tensor.T;
import io.espalier.worker.tensor.Weights;
import java.util.Collection;
import java.util.List;
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
    implements LayeredNetwork {
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
  public int layers() {
    return plan.widths().layers();
  }

  @Override
  public Pieces pieces(Collection<String> tensors) {
    String prefix = plan.prefix(PREFIX, tensors);
    List<String> stem = List.of(prefix + WORDS, prefix + POSITIONS);
    List<String> end = plan.tied() ? List.of(prefix + WORDS) : List.of();
    return Pieces.of(tensors, stem, prefix + BLOCKS, layers(), end);
  }

  @Override
  public Surroundings surroundings(Tokens tokens, NDArray like) {
    int length = Math.toIntExact(tokens.ids().getShape().get(1));
    return new Surroundings(
        SelfAttention.ofEarlierTokens(tokens.mask(), like),
        turned == 0 ? Optional.empty() : Optional.of(RotaryPositions.of(like, length, turned)));
  }

  @Override
  public NDArray embed(Weights weights, Tokens tokens, Taps taps) {
    TextModules modules = modules(weights);
    NDArray words = T.embedding(modules.get(WORDS), tokens.ids()); // (batch, tokens, hidden)
    return taps.hidden(0, turned > 0 ? words : placed(modules, words));
  }

  private static NDArray placed(TextModules modules, NDArray words) {
    return T.add(words, T.slice(modules.get(POSITIONS), 0, 0, words.getShape().get(1)));
  }

  @Override
  public NDArray layer(
      int index, Weights weights, NDArray x, Surroundings surroundings, Taps taps) {
    TextModules modules = modules(weights);
    var pass =
        new DecoderBlock.Pass(
            surroundings.mask(),
            surroundings.positions(),
            plan.widths().headSize(),
            plan.activation(),
            taps);
    String name = modules.prefix() + BLOCKS + index;
    NDArray said = taps.leaving(index, block.of(modules, name, taps.entering(index, x), pass));
    return index + 1 < layers() ? taps.hidden(index + 1, said) : said;
  }

  @Override
  public NDArray end(Weights weights, NDArray x, Taps taps) {
    TextModules modules = modules(weights);
    return taps.hidden(layers(), modules.norm(modules.prefix() + NORM, x));
  }

  @Override
  public NDArray scores(Weights weights, NDArray last, Tokens tokens) {
    return plan.head().of(modules(weights), plan, last, tokens.mask());
  }

  private TextModules modules(Weights weights) {
    String prefix = plan.prefix(PREFIX, weights.names());
    return new TextModules(weights, prefix, plan.epsilon());
  }
}
