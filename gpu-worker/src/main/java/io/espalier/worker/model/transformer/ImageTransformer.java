package io.espalier.worker.model.transformer;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.TensorSpec.Role;
import io.espalier.worker.domain.model.Window;
import io.espalier.worker.model.family.ArchitectureSketch;
import io.espalier.worker.model.family.ImageNetwork;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.model.family.Section;
import io.espalier.worker.model.family.Side;
import io.espalier.worker.model.family.Taps;
import io.espalier.worker.model.transformer.SelfAttention.Scoring;
import io.espalier.worker.tensor.T;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * A transformer that reads images: tokens of patches behind a class token, layers of attention and
 * of a feed-forward part, each behind a layer normalisation, and a classifier on the class token.
 *
 * <p>Its prunable axes are, for each layer, its attention heads and its neurons.
 *
 * <p>Source: Dosovitskiy et al., An Image is Worth 16x16 Words, arXiv 2010.11929; Touvron et al.,
 * Training data-efficient image transformers, arXiv 2012.12877.
 *
 * @param spec what it is built like
 */
record ImageTransformer(ImageTransformerSpec spec) implements ImageNetwork {
  private static final Side HIDDEN = Side.along("hidden");
  private static final String STREAM =
      "the residual stream reaches the embeddings and every layer normalisation";

  /** Its tensors, with the widths of a checkpoint. */
  Architecture architecture(String family, Map<String, long[]> shapes) {
    var sketch = new ArchitectureSketch();
    embedding(sketch);
    for (int i = 0; i < spec.widths().layers(); i++) {
      layer(sketch, i);
    }
    norm(sketch, names().norm());
    OptionalInt classes = spec.input().classes();
    sketch.axis("classes", classes.orElse(1000));
    classes.ifPresent(count -> sketch.pin("classes", count));
    sketch.freeze("classes", "one output per class");
    sketch.linear(names().classifier(), "classes", List.of("hidden"));
    return sketch.settle(family, spec.model(), shapes);
  }

  private void embedding(ArchitectureSketch sketch) {
    sketch.axis("hidden", spec.widths().hidden());
    sketch.pin("hidden", spec.widths().hidden());
    sketch.freeze("hidden", STREAM);
    sketch.axis("image", spec.input().channels());
    sketch.pin("image", spec.input().channels());
    sketch.freeze("image", "the channels of the images are given");
    sketch.tensor(names().classToken(), Role.PARAMETER, Side.fixed(1), Side.fixed(1), HIDDEN);
    names()
        .distilled()
        .ifPresent(
            token -> sketch.tensor(token, Role.PARAMETER, Side.fixed(1), Side.fixed(1), HIDDEN));
    sketch.tensor(
        names().positions(), Role.PARAMETER, Side.fixed(1), Side.fixed(spec.tokens()), HIDDEN);
    var window = new Window(spec.patch(), spec.patch(), spec.patchRows(), spec.patchColumns());
    sketch.biasedConvolution(names().patches(), "hidden", "image", window);
  }

  private void layer(ArchitectureSketch sketch, int index) {
    String block = names().blocks() + index;
    int size = spec.widths().headSize();
    Side heads = Side.blocks(sketch.axis(block + HEADS, spec.widths().heads().get(index)), size);
    Side neurons = Side.along(sketch.axis(block + NEURONS, spec.widths().neurons().get(index)));
    List<String> read = names().layer().read();
    norm(sketch, block + names().layer().attentionNorm());
    for (String module : read) {
      linear(sketch, block + module, heads.repeated(3 / read.size()), HIDDEN, spec.readBias());
    }
    sketch.attention(block + ".attention", heads, spec.tokens());
    linear(sketch, block + names().layer().attended(), HIDDEN, heads, true);
    norm(sketch, block + names().layer().neuronNorm());
    linear(sketch, block + names().layer().inner(), neurons, HIDDEN, true);
    linear(sketch, block + names().layer().outer(), HIDDEN, neurons, true);
  }

  private void linear(ArchitectureSketch sketch, String module, Side out, Side in, boolean bias) {
    sketch.tensor(module + ".weight", Role.PARAMETER, out, in);
    sketch.layer(module + ".weight", out, in, Window.tokens(spec.tokens()), bias);
    if (bias) {
      sketch.tensor(module + ".bias", Role.PARAMETER, out);
    }
  }

  private static void norm(ArchitectureSketch sketch, String module) {
    sketch.tensor(module + ".weight", Role.PARAMETER, HIDDEN);
    sketch.tensor(module + ".bias", Role.PARAMETER, HIDDEN);
  }

  /**
   * The embedding, one section per layer, the classifier.
   *
   * @param taps places to watch
   */
  List<Section> sections(Weights weights, Taps taps) {
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
              List.of(names().blocks() + index), (x, mode) -> layer(index, weights, x, taps)));
    }
    sections.add(
        new Section(
            List.of(names().norm(), names().classifier()),
            (x, mode) -> classify(modules(weights), x)));
    return sections;
  }

  @Override
  public NDArray forward(Weights weights, NDArray images, Taps taps) {
    return Section.forward(sections(weights, taps), images, Mode.EVALUATE);
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
    return spec.isOfTimm() ? TimmWidths.written(config, hiddenSize()) : config;
  }

  private TextModules modules(Weights weights) {
    return new TextModules(weights, "", spec.epsilon());
  }

  @Override
  public NDArray embed(Weights weights, NDArray images) {
    return embed(modules(weights), images);
  }

  @Override
  public NDArray layer(int index, Weights weights, NDArray x, Taps taps) {
    TextModules modules = modules(weights);
    String block = names().blocks() + index;
    String neurons = block + NEURONS;
    NDArray entering = taps.entering(index, x);
    NDArray read = modules.norm(block + names().layer().attentionNorm(), entering);
    NDArray attended = taps.added(block + HEADS, attention(modules, block, read, taps), entering);
    NDArray between = T.add(attended, entering);
    NDArray normed = modules.norm(block + names().layer().neuronNorm(), between);
    NDArray inner = taps.neurons(neurons, modules.dense(block + names().layer().inner(), normed));
    NDArray activated = taps.activated(neurons, spec.activation().of(inner));
    NDArray outer =
        taps.added(neurons, modules.dense(block + names().layer().outer(), activated), between);
    return taps.leaving(index, T.add(outer, between));
  }

  /** (batch, channels, height, width) → (batch, tokens, hidden). */
  private NDArray embed(TextModules modules, NDArray images) {
    NDArray patches =
        T.conv2d(
            images,
            modules.get(names().patches() + ".weight"),
            modules.get(names().patches() + ".bias"),
            spec.patch(),
            0); // (batch, hidden, rows, columns)
    long batch = patches.getShape().get(0);
    long hidden = patches.getShape().get(1);
    var tokens = new ArrayList<NDArray>();
    tokens.add(T.repeat(modules.get(names().classToken()), 0, batch));
    names().distilled().ifPresent(token -> tokens.add(T.repeat(modules.get(token), 0, batch)));
    tokens.add(T.transpose(T.reshape(patches, batch, hidden, -1), 1, 2));
    return T.add(T.concat(1, tokens.toArray(NDArray[]::new)), modules.get(names().positions()));
  }

  private NDArray attention(TextModules modules, String block, NDArray x, Taps taps) {
    int size = spec.widths().headSize();
    List<NDArray> read =
        queriesKeysValues(modules, block, x).stream()
            .map(each -> SelfAttention.split(each, size))
            .toList();
    var scoring = new Scoring(T.scalar(x, 0), 1 / Math.sqrt((double) size), OptionalDouble.empty());
    NDArray context = SelfAttention.of(read.get(0), read.get(1), read.get(2), scoring);
    NDArray heads = taps.heads(block + HEADS, context);
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
        .map(part -> T.slice(all, 2, part * width, (part + 1) * width))
        .toList();
  }

  /** Class scores of what leaves the last layer: (batch, tokens, hidden) → (batch, classes). */
  private NDArray classify(TextModules modules, NDArray x) {
    NDArray token = T.reshape(T.slice(x, 1, 0, 1), x.getShape().get(0), x.getShape().get(2));
    return modules.dense(names().classifier(), modules.norm(names().norm(), token));
  }

  private ImageTransformerNames names() {
    return spec.names();
  }
}
