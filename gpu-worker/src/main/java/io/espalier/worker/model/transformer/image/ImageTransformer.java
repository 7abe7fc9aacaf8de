package io.espalier.worker.model.transformer.image;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.domain.model.Stack;
import io.espalier.worker.domain.model.TensorSpec.Role;
import io.espalier.worker.domain.model.Window;
import io.espalier.worker.model.family.ArchitectureBuilder;
import io.espalier.worker.model.family.DimensionSpec;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.ImageNetwork;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.model.family.Section;
import io.espalier.worker.model.transformer.SelfAttention;
import io.espalier.worker.model.transformer.SelfAttention.Scoring;
import io.espalier.worker.model.transformer.TextModules;
import io.espalier.worker.tensor.FeatureMaps;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * A transformer that reads images: tokens of patches behind a class token, layers of attention and
 * of a feed-forward part, each behind a layer normalisation, and a classifier on the class token.
 *
 * <p>Its prunable axes are, for each layer, its attention heads and its neurons; the stream and the
 * layers can be cut as a whole.
 *
 * <p>Source: Dosovitskiy et al., An Image is Worth 16x16 Words, arXiv 2010.11929; Touvron et al.,
 * Training data-efficient image transformers, arXiv 2012.12877.
 *
 * @param spec what it is built like
 */
record ImageTransformer(ImageTransformerSpec spec) implements ImageNetwork {
  private static final String POOLER = "pooler_output_size";
  private static final DimensionSpec HIDDEN = DimensionSpec.along("hidden");
  private static final String STREAM =
      "the residual stream reaches the embeddings and every layer, which Minitron cuts together";

  /** Its tensors, with the widths of a checkpoint. */
  Architecture architecture(String family, Map<String, long[]> shapes) {
    var builder = new ArchitectureBuilder();
    embedding(builder);
    for (int i = 0; i < spec.widths().layers(); i++) {
      layer(builder, i);
    }
    norm(builder, names().norm());
    OptionalInt classes = spec.input().classes();
    builder.axis(Axis.of(AxisKind.CLASSES, "", classes.orElse(1000)));
    classes.ifPresent(count -> builder.pin("classes", count));
    builder.freeze("classes", "one output per class");
    builder.linear(names().classifier(), "classes", List.of("hidden"));
    return builder.settle(family, spec.model(), shapes).withStacks(blocks());
  }

  private void embedding(ArchitectureBuilder builder) {
    builder.axis(Axis.of(AxisKind.HIDDEN, "", spec.widths().hidden()));
    builder.pin("hidden", spec.widths().hidden());
    builder.freeze("hidden", STREAM);
    builder.axis(Axis.of(AxisKind.IMAGE, "", spec.input().channels()));
    builder.pin("image", spec.input().channels());
    builder.freeze("image", "the channels of the images are given");
    builder.tensor(
        names().classToken(),
        Role.PARAMETER,
        DimensionSpec.fixed(1),
        DimensionSpec.fixed(1),
        HIDDEN);
    names()
        .distilled()
        .ifPresent(
            token ->
                builder.tensor(
                    token, Role.PARAMETER, DimensionSpec.fixed(1), DimensionSpec.fixed(1), HIDDEN));
    builder.tensor(
        names().positions(),
        Role.PARAMETER,
        DimensionSpec.fixed(1),
        DimensionSpec.fixed(spec.tokens()),
        HIDDEN);
    var window = new Window(spec.patch(), spec.patch(), spec.patchRows(), spec.patchColumns());
    builder.biasedConvolution(names().patches(), "hidden", "image", window);
  }

  private void layer(ArchitectureBuilder builder, int index) {
    String block = names().blocks() + index;
    int size = spec.widths().headSize();
    DimensionSpec heads =
        DimensionSpec.blocks(
            builder.axis(Axis.of(AxisKind.HEADS, block, spec.widths().heads().get(index))), size);
    DimensionSpec neurons =
        DimensionSpec.along(
            builder.axis(Axis.of(AxisKind.NEURONS, block, spec.widths().neurons().get(index))));
    List<String> read = names().layer().read();
    norm(builder, block + names().layer().attentionNorm());
    for (String module : read) {
      linear(builder, block + module, heads.repeated(3 / read.size()), HIDDEN, spec.readBias());
    }
    builder.attention(block + ".attention", heads, spec.tokens());
    linear(builder, block + names().layer().attended(), HIDDEN, heads, true);
    norm(builder, block + names().layer().neuronNorm());
    linear(builder, block + names().layer().inner(), neurons, HIDDEN, true);
    linear(builder, block + names().layer().outer(), HIDDEN, neurons, true);
  }

  private void linear(
      ArchitectureBuilder builder,
      String module,
      DimensionSpec out,
      DimensionSpec in,
      boolean bias) {
    builder.tensor(module + ".weight", Role.PARAMETER, out, in);
    builder.layer(module + ".weight", out, in, Window.tokens(spec.tokens()), bias);
    if (bias) {
      builder.tensor(module + ".bias", Role.PARAMETER, out);
    }
  }

  private static void norm(ArchitectureBuilder builder, String module) {
    builder.tensor(module + ".weight", Role.PARAMETER, HIDDEN);
    builder.tensor(module + ".bias", Role.PARAMETER, HIDDEN);
  }

  /**
   * The embedding, one section per layer, the classifier.
   *
   * @param hooks places to watch
   */
  List<Section> sections(Weights weights, ForwardHooks hooks) {
    var sections = new ArrayList<Section>();
    List<String> embedding =
        Stream.concat(
                Stream.of(names().classToken(), names().positions(), names().patches()),
                names().distilled().stream())
            .toList();
    sections.add(new Section(embedding, (images, mode) -> embed(weights, images)));
    for (int i = 0; i < layers(); i++) {
      int index = i;
      sections.add(
          new Section(
              List.of(names().blocks() + index), (x, mode) -> layer(index, weights, x, hooks)));
    }
    sections.add(
        new Section(
            List.of(names().norm(), names().classifier()),
            (x, mode) -> classify(modules(weights), x)));
    return sections;
  }

  @Override
  public NDArray forward(Weights weights, NDArray images, ForwardHooks hooks) {
    return Section.forward(sections(weights, hooks), images, Mode.EVALUATE);
  }

  @Override
  public int layers() {
    return spec.widths().layers();
  }

  @Override
  public boolean centresStream() {
    return true;
  }

  @Override
  public Optional<String> fixedStream() {
    return Optional.of(
        "LayerNorm subtracts the mean of the channels first, which has no meaning for directions");
  }

  @Override
  public Optional<String> misfit(int hidden, int heads) {
    return hidden == heads * headSize()
        ? Optional.empty()
        : Optional.of(
            "hidden %d is not %d heads of %d channels, but %s divides hidden by heads"
                .formatted(hidden, heads, headSize(), spec.isOfTimm() ? "timm" : "transformers"));
  }

  @Override
  public Pieces pieces(Architecture architecture) {
    return Pieces.of(architecture, embeddings().toList(), blocks(), List.of());
  }

  private Stack blocks() {
    return new Stack(Axis.of(AxisKind.LAYERS, "", layers()), names().blocks());
  }

  /** Names of the embedding's tensors. */
  private Stream<String> embeddings() {
    return Stream.of(
            Stream.of(names().classToken(), names().positions()),
            names().distilled().stream(),
            Stream.of(".weight", ".bias").map(names().patches()::concat))
        .flatMap(each -> each);
  }

  @Override
  public int headSize() {
    return spec.widths().headSize();
  }

  @Override
  public int hiddenSize() {
    return spec.widths().hidden();
  }

  @Override
  public WidthKeys widthKeys() {
    return spec.widthKeys();
  }

  @Override
  public ObjectNode inWordsOfItsLibrary(ObjectNode config) {
    return spec.isOfTimm() ? TimmWidths.written(config, hiddenSize()) : withPooler(config);
  }

  /** A pooler, of which no classifier has one, is said to be as wide as the stream. */
  private ObjectNode withPooler(ObjectNode config) {
    if (config.path(POOLER).asInt() == hiddenSize()) {
      config.put(POOLER, config.path(widthKeys().hidden()).asInt(hiddenSize()));
    }
    return config;
  }

  private TextModules modules(Weights weights) {
    return new TextModules(weights, "", spec.epsilon());
  }

  @Override
  public NDArray embed(Weights weights, NDArray images) {
    return embed(modules(weights), images);
  }

  @Override
  public NDArray layer(int index, Weights weights, NDArray x, ForwardHooks hooks) {
    TextModules modules = modules(weights);
    String block = names().blocks() + index;
    String neurons = block + NEURONS;
    NDArray entering = hooks.entering(index, x);
    NDArray read = normed(modules, block + names().layer().attentionNorm(), entering, hooks);
    NDArray attended =
        hooks.added(
            AxisKind.HEADS, block + HEADS, attention(modules, block, read, hooks), entering);
    NDArray between = Tensors.add(attended, entering);
    NDArray normed = normed(modules, block + names().layer().neuronNorm(), between, hooks);
    NDArray inner = hooks.neurons(neurons, modules.dense(block + names().layer().inner(), normed));
    NDArray activated = hooks.activated(neurons, spec.activation().of(inner));
    NDArray outer =
        hooks.added(
            AxisKind.NEURONS,
            neurons,
            modules.dense(block + names().layer().outer(), activated),
            between);
    return hooks.leaving(index, Tensors.add(outer, between));
  }

  private static NDArray normed(TextModules modules, String module, NDArray x, ForwardHooks hooks) {
    return hooks.normed(module, modules.norm(module, x));
  }

  /** (batch, channels, height, width) → (batch, tokens, hidden). */
  private NDArray embed(TextModules modules, NDArray images) {
    NDArray patches =
        FeatureMaps.conv2d(
            images,
            modules.get(names().patches() + ".weight"),
            modules.get(names().patches() + ".bias"),
            spec.patch(),
            0); // (batch, hidden, rows, columns)
    long batch = patches.getShape().get(0);
    long hidden = patches.getShape().get(1);
    var tokens = new ArrayList<NDArray>();
    tokens.add(Tensors.repeat(modules.get(names().classToken()), 0, batch));
    names()
        .distilled()
        .ifPresent(token -> tokens.add(Tensors.repeat(modules.get(token), 0, batch)));
    tokens.add(Tensors.transpose(Tensors.reshape(patches, batch, hidden, -1), 1, 2));
    return Tensors.add(
        Tensors.concat(1, tokens.toArray(NDArray[]::new)), modules.get(names().positions()));
  }

  private NDArray attention(TextModules modules, String block, NDArray x, ForwardHooks hooks) {
    int size = spec.widths().headSize();
    List<NDArray> read =
        queriesKeysValues(modules, block, x).stream()
            .map(each -> SelfAttention.split(each, size))
            .toList();
    var scoring =
        new Scoring(Tensors.scalar(x, 0), 1 / Math.sqrt((double) size), OptionalDouble.empty());
    NDArray context = SelfAttention.of(read.get(0), read.get(1), read.get(2), scoring);
    NDArray heads = hooks.heads(block + HEADS, context);
    return modules.dense(block + names().layer().attended(), SelfAttention.join(heads));
  }

  /** Each (batch, tokens, heads · size). */
  private List<NDArray> queriesKeysValues(TextModules modules, String block, NDArray x) {
    List<String> read = names().layer().read();
    if (read.size() == 3) {
      return read.stream().map(module -> modules.dense(block + module, x)).toList();
    }
    NDArray all = modules.dense(block + read.get(0), x);
    long width = all.getShape().get(2) / 3;
    return Stream.of(0, 1, 2)
        .map(part -> Tensors.slice(all, 2, part * width, (part + 1) * width))
        .toList();
  }

  /** Class scores of what leaves the last layer: (batch, tokens, hidden) → (batch, classes). */
  private NDArray classify(TextModules modules, NDArray x) {
    NDArray token =
        Tensors.reshape(Tensors.slice(x, 1, 0, 1), x.getShape().get(0), x.getShape().get(2));
    return modules.dense(names().classifier(), modules.norm(names().norm(), token));
  }

  private ImageTransformerNames names() {
    return spec.names();
  }
}
