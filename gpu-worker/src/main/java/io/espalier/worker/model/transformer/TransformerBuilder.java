package io.espalier.worker.model.transformer;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.domain.model.TensorSpec.Role;
import io.espalier.worker.domain.model.Window;
import io.espalier.worker.model.family.ArchitectureBuilder;
import io.espalier.worker.model.family.DimensionSpec;
import io.espalier.worker.model.family.TextNetwork;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.LongStream;

/**
 * A transformer whose widths are not known yet.
 *
 * <p>Layer normalisations count as parameters, as ModelOpt counts them in transformers.
 */
final class TransformerBuilder {
  /** Along the residual stream. */
  static final DimensionSpec HIDDEN = DimensionSpec.along("hidden");

  /** Along the tokens that are known. */
  static final DimensionSpec VOCABULARY = DimensionSpec.along("vocabulary");

  /** Names of layer normalisation's tensors in the first published files, after TensorFlow. */
  private static final Map<String, String> OLD = Map.of("weight", "gamma", "bias", "beta");

  private static final String IN_GROUPS =
      "every group of heads has its own keys and values and as many heads as any other, so heads"
          + " and groups are cut together, by Minitron";

  private final ArchitectureBuilder builder = new ArchitectureBuilder();
  private final TransformerSpec plan;
  private final Map<String, long[]> shapes;
  private final int tokens;

  TransformerBuilder(TransformerSpec plan, Map<String, long[]> shapes, int tokens) {
    this.plan = plan;
    this.shapes = shapes;
    this.tokens = tokens;
    fixed(AxisKind.VOCABULARY, plan.input().vocabulary(), "tokens are those of the tokenizer");
    fixed(
        AxisKind.HIDDEN,
        plan.widths().hidden(),
        "the residual stream reaches the embeddings and every layer normalisation");
  }

  /** Declares an axis that config.json decides on and that may not be cut. */
  DimensionSpec fixed(AxisKind kind, int units, String reason) {
    String axis = builder.axis(Axis.of(kind, "", units));
    builder.pin(axis, units);
    builder.freeze(axis, reason);
    return DimensionSpec.along(axis);
  }

  /** Says who can cut the stream, as all tensors that it reaches have to be cut at once. */
  void streamIsMinitrons() {
    builder.freeze(
        "hidden",
        "the residual stream reaches the embeddings and every layer, which Minitron cuts together");
  }

  /** The heads of a layer, which may be cut. */
  DimensionSpec heads(String block, int layer) {
    return DimensionSpec.blocks(
        builder.axis(Axis.of(AxisKind.HEADS, block, plan.widths().heads().get(layer))),
        plan.widths().headSize());
  }

  /** The heads of a layer in which heads share keys and values, so that none can go alone. */
  DimensionSpec headsInGroups(String block, int layer) {
    DimensionSpec heads = heads(block, layer);
    builder.freeze(block + TextNetwork.HEADS, IN_GROUPS);
    return heads;
  }

  /** The heads of keys and values of a layer, one for each group of heads. */
  DimensionSpec groups(String block, int layer) {
    int units = plan.widths().groups().get(layer);
    String axis = builder.axis(Axis.of(AxisKind.GROUPS, block, units));
    builder.freeze(axis, IN_GROUPS);
    return DimensionSpec.blocks(axis, plan.widths().headSize());
  }

  /** Returns what every head has one of, such as the scale of a channel. */
  DimensionSpec headSize() {
    return DimensionSpec.fixed(plan.widths().headSize());
  }

  /** The neurons of a layer, which may be cut. */
  DimensionSpec neurons(String block, int layer) {
    int units = plan.widths().neurons().get(layer);
    return DimensionSpec.along(builder.axis(Axis.of(AxisKind.NEURONS, block, units)));
  }

  /** The experts of a layer. */
  DimensionSpec experts(String block, int experts) {
    String axis = builder.axis(Axis.of(AxisKind.EXPERTS, block, experts));
    builder.freeze(axis, "experts are dropped with their row of the router, by Minitron");
    return DimensionSpec.along(axis);
  }

  /** The neurons of an expert. */
  DimensionSpec expertNeurons(String module, int neurons) {
    String axis = builder.axis(Axis.of(AxisKind.NEURONS, module, neurons));
    builder.freeze(axis, "experts are of one width, so that Minitron cuts all of them together");
    return DimensionSpec.along(axis);
  }

  /** The neurons of the expert that all tokens of a layer share. */
  DimensionSpec sharedNeurons(String module, int neurons) {
    String axis = builder.axis(Axis.of(AxisKind.NEURONS, module, neurons));
    builder.freeze(
        axis, "shared experts of all layers are of one width, so that Minitron cuts them together");
    return DimensionSpec.along(axis);
  }

  /** Length of the sequences that operations are counted for. */
  int tokens() {
    return tokens;
  }

  /** A table with a row of the stream's width for each unit of an axis. */
  void embedding(String weight, DimensionSpec rows) {
    builder.tensor(weight, Role.PARAMETER, rows, HIDDEN);
  }

  /** The table of positions. */
  void positions(String weight) {
    String reason = "the longest sequence that the model can read would be shorter";
    embedding(weight, fixed(AxisKind.POSITIONS, plan.rows(), reason));
  }

  /** A layer normalisation of the stream. */
  void norm(String module) {
    for (String name : new String[] {"weight", "bias"}) {
      builder.tensor(normName(shapes.keySet()::contains, module, name), Role.PARAMETER, HIDDEN);
    }
  }

  /** A normalisation by the root of the mean square, of the stream or of what a side says. */
  void rmsNorm(String module, DimensionSpec side) {
    builder.tensor(module + ".weight", Role.PARAMETER, side);
  }

  /** Returns what a tensor of a layer normalisation is called in a checkpoint. */
  static String normName(Predicate<String> has, String module, String name) {
    String old = module + "." + OLD.get(name);
    return has.test(old) ? old : module + "." + name;
  }

  /** A linear layer with bias on every token, of shape (out, in). */
  void linear(String module, DimensionSpec out, DimensionSpec in) {
    linear(module, out, in, true);
  }

  /** A linear layer on every token, of shape (out, in). */
  void linearWithoutBias(String module, DimensionSpec out, DimensionSpec in) {
    linear(module, out, in, false);
  }

  /** A linear layer on every token, of shape (out, in), with bias or without. */
  void linear(String module, DimensionSpec out, DimensionSpec in, boolean bias) {
    linear(module, out, in, bias, tokens);
  }

  /** A linear layer of shape (out, in) on so many tokens, with bias or without. */
  void linear(String module, DimensionSpec out, DimensionSpec in, boolean bias, int read) {
    builder.tensor(module + ".weight", Role.PARAMETER, out, in);
    builder.layer(module + ".weight", out, in, Window.tokens(read), bias);
    if (bias) {
      builder.tensor(module + ".bias", Role.PARAMETER, out);
    }
  }

  /** A linear layer with bias on every token, of shape (in, out). */
  void transposed(String module, DimensionSpec out, DimensionSpec in) {
    builder.tensor(module + ".weight", Role.PARAMETER, in, out);
    builder.tensor(module + ".bias", Role.PARAMETER, out);
    builder.layer(module + ".weight", out, in, everywhere(), true);
  }

  /** A linear layer with bias that reads the stream, on every token or on one. */
  void dense(String module, DimensionSpec out, boolean everyToken) {
    builder.tensor(module + ".weight", Role.PARAMETER, out, HIDDEN);
    builder.tensor(module + ".bias", Role.PARAMETER, out);
    builder.layer(module + ".weight", out, HIDDEN, everyToken ? everywhere() : Window.ONCE, true);
  }

  /** The attention of a layer. */
  void attention(String module, DimensionSpec heads) {
    builder.attention(module, heads, tokens);
  }

  /** The layer that gives scores; its weight is the embedding's if they are tied. */
  void scores(TextHead head, TextHead.Output output, String prefix) {
    DimensionSpec out = scored(head);
    String weight = plan.outputWeight(prefix);
    if (!plan.tied()) {
      builder.tensor(weight, Role.PARAMETER, out, HIDDEN);
    } else if (shapes.containsKey(output.weight())) {
      builder.tensor(
          output.weight(), Role.CARRIED, out, HIDDEN); // is cut like what it is a copy of
    }
    output.bias().ifPresent(bias -> builder.tensor(bias, Role.PARAMETER, out));
    Window window = head.reads() == TextHead.Reads.ALL ? everywhere() : Window.ONCE;
    builder.layer(weight, out, HIDDEN, window, output.bias().isPresent());
    carry(Pattern.compile(Pattern.quote(output.module()) + "\\.(weight|bias)"));
  }

  private DimensionSpec scored(TextHead head) {
    return switch (head.task()) {
      case QUESTION_ANSWERING -> DimensionSpec.fixed(2); // first and last token of the answer
      case TEXT_CLASSIFICATION, TOKEN_CLASSIFICATION ->
          fixed(
              AxisKind.LABELS,
              plan.input().labels().size(),
              "labels are those that were asked for");
      default -> VOCABULARY;
    };
  }

  /** Takes along tensors of a checkpoint that nothing here computes with. */
  void carry(Pattern names) {
    shapes.forEach(
        (name, shape) -> {
          boolean fits = LongStream.of(shape).allMatch(size -> size <= Integer.MAX_VALUE);
          if (names.matcher(name).matches() && fits && !builder.has(name)) {
            builder.tensor(name, Role.CARRIED, sides(shape));
          }
        });
  }

  private static DimensionSpec[] sides(long[] shape) {
    return LongStream.of(shape)
        .mapToObj(size -> DimensionSpec.fixed((int) size))
        .toArray(DimensionSpec[]::new);
  }

  /**
   * The architecture with the widths of the checkpoint.
   *
   * @throws InvalidInputException if heads cannot share keys and values evenly
   */
  Architecture settle(String family) {
    Architecture settled = builder.settle(family, plan.model(), shapes);
    Map<String, Axis> groups = byModule(settled, AxisKind.GROUPS);
    var problems = new ArrayList<String>();
    byModule(settled, AxisKind.HEADS)
        .forEach(
            (module, heads) -> {
              int sharing = groups.getOrDefault(module, heads).units();
              if (heads.units() % sharing != 0) {
                problems.add(
                    "the tensors have %d heads in '%s', which cannot share the %d of keys and values evenly"
                        .formatted(heads.units(), heads.name(), sharing));
              }
            });
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    return settled;
  }

  private static Map<String, Axis> byModule(Architecture architecture, AxisKind kind) {
    var axes = new LinkedHashMap<String, Axis>();
    architecture.axes().stream()
        .filter(axis -> axis.kind() == kind)
        .forEach(axis -> axes.put(axis.module(), axis));
    return axes;
  }

  private Window everywhere() {
    return Window.tokens(tokens);
  }
}
