package io.espalier.worker.model.transformer;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Stack;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.model.transformer.rope.Rotation;
import io.espalier.worker.model.transformer.rope.Rotations;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/**
 * A decoder: layers that add to a stream, in which no token sees a later one, and a normalisation
 * at the end.
 *
 * @param design what its kind has in common
 * @param plan what it is built like
 * @param rotation what queries and keys are turned by, if there is no table of positions
 * @param windows where tokens see only those near them
 */
record DecoderNetwork(
    DecoderDesign design, TransformerSpec plan, Optional<Rotation> rotation, Windows windows)
    implements LayeredNetwork {
  /** Name of the axis of the residual stream. */
  private static final String STREAM = "hidden";

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
    return TiedCheck.problems(directory, plan, names().prefix());
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
  public Optional<String> misfit(int hidden, int heads) {
    return design.headRule().misfit(hidden, heads, headSize());
  }

  @Override
  public WidthKeys widthKeys() {
    return design.keys().widths(block().prunedHeads());
  }

  @Override
  public Optional<ExpertKeys> expertKeys() {
    return block().experts().map(Experts::keys);
  }

  @Override
  public int chosenExperts() {
    return block().experts().map(Experts::chosen).orElse(0);
  }

  @Override
  public Architecture architecture(Map<String, long[]> shapes, int tokens) {
    String prefix = plan.prefix(names().prefix(), shapes.keySet());
    var builder = new TransformerBuilder(plan, shapes, tokens);
    builder.streamIsMinitrons();
    builder.embedding(prefix + names().words(), TransformerBuilder.VOCABULARY);
    names().positions().ifPresent(table -> builder.positions(prefix + table));
    for (int i = 0; i < layers(); i++) {
      block().draw(builder, prefix + names().blocks() + i, i);
    }
    block().norm().draw(builder, prefix + names().norm());
    plan.head().draw(builder, prefix);
    builder.carry(names().carried());
    Architecture settled = builder.settle(design.family());
    var stacks = new ArrayList<Stack>();
    stacks.add(blocks(prefix));
    block().experts().ifPresent(experts -> stacks.addAll(experts.stacks(settled.axes(), tokens)));
    return settled.withStacks(stacks.toArray(Stack[]::new));
  }

  @Override
  public Optional<List<String>> layerTypes() {
    return design.traits().layerTypes();
  }

  @Override
  public int layers() {
    return plan.widths().layers();
  }

  @Override
  public boolean centresStream() {
    return block().norm() == Norm.LAYER;
  }

  @Override
  public Pieces pieces(Architecture architecture) {
    String prefix = plan.prefix(names().prefix(), architecture.shapes().keySet());
    String words = prefix + names().words();
    List<String> stem =
        Stream.concat(Stream.of(words), names().positions().map(prefix::concat).stream()).toList();
    List<String> shared = plan.tied() ? List.of(words) : List.of();
    return Pieces.of(architecture, stem, blocks(prefix), shared);
  }

  @Override
  public Optional<String> fixedStream() {
    return block().fixedStream();
  }

  @Override
  public StreamTensors streamTensors(Architecture architecture) {
    String prefix = plan.prefix(names().prefix(), architecture.shapes().keySet());
    Stack blocks = blocks(prefix);
    String words = prefix + names().words();
    var norms = new LinkedHashMap<String, String>();
    for (TensorSpec tensor : architecture.tensors()) {
      String name = tensor.name();
      if (tensor.role() != TensorSpec.Role.CARRIED && readsStream(tensor) && !name.equals(words)) {
        norms.put(
            name,
            blocks.unit(name).stream()
                .mapToObj(blocks::module)
                .map(block -> block + block().normBefore(name.substring(block.length())))
                .findFirst()
                .orElse(prefix + names().norm())
                .concat(".weight"));
      }
    }
    Map<String, String> untied =
        plan.tied() ? Map.of(plan.head().output().orElseThrow().weight(), words) : Map.of();
    untied.keySet().forEach(head -> norms.put(head, prefix + names().norm() + ".weight"));
    return new StreamTensors(norms, untied);
  }

  /** Tells whether a tensor is (out, hidden). */
  private static boolean readsStream(TensorSpec tensor) {
    List<Dimension> dimensions = tensor.dimensions();
    return dimensions.size() == 2
        && dimensions.get(1).parts().stream().anyMatch(part -> part.axis().name().equals(STREAM));
  }

  private Stack blocks(String prefix) {
    return new Stack(Axis.of(AxisKind.LAYERS, "", layers()), prefix + names().blocks());
  }

  @Override
  public BatchContext context(Tokens tokens, NDArray like) {
    return new BatchContext(
        tokens, like, windows, new Rotations(rotation, design.traits().nearRotation()));
  }

  @Override
  public NDArray embed(Weights weights, Tokens tokens, ForwardHooks hooks) {
    TextModules modules = modules(weights);
    NDArray words = scaled(Tensors.embedding(modules.get(names().words()), tokens.ids()));
    return hooks.hidden(
        0, names().positions().map(table -> placed(modules.get(table), words)).orElse(words));
  }

  /** Scaled by the stream at hand, which is narrower than the config says once it is cut. */
  private NDArray scaled(NDArray words) {
    return design.traits().scaledEmbedding()
        ? Tensors.scale(words, Math.sqrt((double) words.getShape().get(2)))
        : words;
  }

  private static NDArray placed(NDArray table, NDArray words) {
    return Tensors.add(words, Tensors.slice(table, 0, 0, words.getShape().get(1)));
  }

  @Override
  public NDArray layer(
      int index, Weights weights, NDArray x, BatchContext context, ForwardHooks hooks) {
    TextModules modules = modules(weights);
    var pass =
        new DecoderBlock.Pass(
            context.mask(index),
            context.positions(index),
            plan.widths().headSize(),
            plan.activation(),
            hooks);
    String name = modules.prefix() + names().blocks() + index;
    NDArray said = hooks.leaving(index, block().of(modules, name, hooks.entering(index, x), pass));
    return index + 1 < layers() ? hooks.hidden(index + 1, said) : said;
  }

  @Override
  public NDArray end(Weights weights, NDArray x, ForwardHooks hooks) {
    TextModules modules = modules(weights);
    String norm = modules.prefix() + names().norm();
    return hooks.hidden(layers(), block().norm().of(modules, norm, x));
  }

  @Override
  public NDArray scores(Weights weights, NDArray last, Tokens tokens) {
    NDArray scores = plan.head().of(modules(weights), plan, last, tokens);
    OptionalDouble cap = design.traits().scoreCap();
    return cap.isPresent() && plan.head().guessesTokens()
        ? SelfAttention.capped(scores, cap.getAsDouble())
        : scores;
  }

  private TextModules modules(Weights weights) {
    String prefix = plan.prefix(names().prefix(), weights.names());
    return new TextModules(weights, prefix, plan.epsilon());
  }

  private DecoderNames names() {
    return design.names();
  }

  private DecoderBlock block() {
    return design.block();
  }
}
