package io.espalier.worker.model.transformer;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.domain.model.Stack;
import io.espalier.worker.model.family.DimensionSpec;
import io.espalier.worker.model.family.MaskableNetwork;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.transformer.DecoderBlock.Pass;
import io.espalier.worker.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A feed-forward part of experts: a router chooses some of them for each token, and what they say
 * is added up, each weighed by its share of the router's softmax over all experts. Beside them
 * there may be an expert that all tokens share, weighed by a gate of its own.
 *
 * <p>Source: Shazeer et al., Outrageously Large Neural Networks, arXiv 1701.06538; transformers
 * 4.57.6, {@code models/mixtral}, {@code models/qwen2_moe} and {@code models/qwen3_moe}.
 *
 * @param router in a layer, the module that chooses
 * @param prefix in a layer, what experts' names begin with, up to the number
 * @param expert what an expert is
 * @param chosen how many experts each token has
 * @param normalised whether the weights of those that are chosen add up to 1
 * @param layers the layers that have experts, counted from 0
 * @param widths number of experts in each layer, and neurons of each
 * @param shared the one that all tokens share, if there is one
 * @param keys where the config says these
 */
record Experts(
    String router,
    String prefix,
    GatedNeurons expert,
    int chosen,
    boolean normalised,
    Set<Integer> layers,
    List<Width> widths,
    Optional<Shared> shared,
    MaskableNetwork.ExpertKeys keys) {
  /**
   * Width of a layer of experts.
   *
   * @param experts how many there are
   * @param neurons of each
   */
  record Width(int experts, int neurons) {}

  /**
   * An expert that all tokens of a layer share: what it says is weighed, for each token, by the
   * sigmoid of what its gate says.
   *
   * @param module in a layer, its name
   * @param gate in a layer, the module that weighs it; has one output, without bias
   * @param neurons of it in each layer
   */
  record Shared(String module, String gate, List<Integer> neurons) {
    /** A shared expert; the list is copied. */
    Shared {
      neurons = List.copyOf(neurons);
    }
  }

  /** Experts; collections are copied. */
  Experts {
    layers = Set.copyOf(layers);
    widths = List.copyOf(widths);
  }

  /** Adds tensors and layers of one layer. Experts are taken to share the tokens evenly. */
  void draw(TransformerBuilder builder, String block, int layer) {
    Width width = widths.get(layer);
    DimensionSpec experts = builder.experts(block, width.experts());
    builder.linearWithoutBias(block + router, experts, TransformerBuilder.HIDDEN);
    var stack = stack(Axis.of(AxisKind.EXPERTS, block, width.experts()), builder.tokens());
    for (int i = 0; i < width.experts(); i++) {
      String module = stack.module(i);
      DimensionSpec neurons = builder.expertNeurons(module, width.neurons());
      expert.draw(builder, module, neurons, stack.share(i));
    }
    shared.ifPresent(
        one -> {
          String module = block + one.module();
          DimensionSpec neurons = builder.sharedNeurons(module, one.neurons().get(layer));
          expert.draw(builder, module, neurons, builder.tokens());
          builder.linearWithoutBias(
              block + one.gate(), DimensionSpec.fixed(1), TransformerBuilder.HIDDEN);
        });
  }

  private Stack stack(Axis axis, int tokens) {
    return new Stack(
        axis, axis.module() + prefix, OptionalInt.of(Math.multiplyExact(tokens, chosen)));
  }

  /**
   * The experts of all layers, of which some can be dropped.
   *
   * @param axes all axes of the model, with the widths of its tensors
   * @param tokens length of the sequences that operations are counted for
   * @throws InvalidInputException if a layer has fewer than each token is to have
   */
  List<Stack> stacks(List<Axis> axes, int tokens) {
    List<Axis> counted = axes.stream().filter(axis -> axis.kind() == AxisKind.EXPERTS).toList();
    List<String> problems =
        counted.stream()
            .filter(axis -> axis.units() < chosen)
            .map(
                axis ->
                    "'%s' are %d, but each token has %d"
                        .formatted(axis.name(), axis.units(), chosen))
            .toList();
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    return counted.stream().map(axis -> stack(axis, tokens)).toList();
  }

  /** Returns whether a layer has experts, by its tensors. */
  boolean isIn(TextModules modules, String block) {
    return modules.weights().has(block + router + ".weight");
  }

  /** Returns what they make of the normalised stream: (batch, tokens, hidden), same after. */
  NDArray of(TextModules modules, String block, NDArray x, Pass pass) {
    var shape = x.getShape();
    long tokens = shape.get(0) * shape.get(1);
    NDArray rows = Tensors.reshape(x, tokens, shape.get(2)); // one per token of any sequence
    NDArray scores =
        pass.hooks().routed(block + TextNetwork.EXPERTS, modules.dense(block + router, rows));
    List<NDArray> best = Tensors.topK(Tensors.softmax(scores, 1), chosen); // each (rows, chosen)
    NDArray weights = normalised ? Tensors.divide(best.get(0), sums(best.get(0))) : best.get(0);
    int experts = Math.toIntExact(scores.getShape().get(1));
    var routes = Routes.of(best.get(1).toLongArray(), experts);

    NDArray flat = Tensors.reshape(weights, tokens * chosen, 1); // one per place
    NDArray said = ask(modules, block, rows, flat, routes, pass);
    NDArray byToken = Tensors.select(said, 0, routes.order());
    NDArray sum = Tensors.sum(Tensors.reshape(byToken, tokens, chosen, shape.get(2)), 1);
    NDArray routed = Tensors.reshape(sum, shape.getShape());
    return shared
        .map(one -> Tensors.add(routed, ofShared(one, modules, block, x, pass)))
        .orElse(routed);
  }

  /** Returns what the expert that all tokens share adds: (batch, tokens, hidden), as is read. */
  private NDArray ofShared(Shared one, TextModules modules, String block, NDArray x, Pass pass) {
    String module = block + one.module();
    NDArray said = expert.of(modules, module, module + TextNetwork.NEURONS, x, pass);
    NDArray open = Tensors.sigmoid(modules.dense(block + one.gate(), x)); // (batch, tokens, 1)
    pass.hooks().weighs(module + TextNetwork.NEURONS, open);
    return Tensors.multiply(open, said);
  }

  /** Returns what all experts say to those that chose them, weighed, one after another. */
  private NDArray ask(
      TextModules modules, String block, NDArray rows, NDArray weights, Routes routes, Pass pass) {
    var said = new ArrayList<NDArray>();
    for (int i = 0; i < routes.places().size(); i++) {
      int[] places = routes.places().get(i);
      if (places.length > 0) {
        int[] readers = IntStream.of(places).map(place -> place / chosen).toArray();
        String module = block + prefix + i;
        pass.hooks().reads(i, module + TextNetwork.NEURONS, readers);
        NDArray spoken = speak(modules, module, Tensors.select(rows, 0, readers), pass);
        NDArray shares = Tensors.select(weights, 0, places);
        pass.hooks().weighs(module + TextNetwork.NEURONS, shares);
        NDArray weighed = Tensors.multiply(spoken, shares); // (its tokens, hidden)
        said.add(pass.hooks().expert(block + TextNetwork.EXPERTS, i, weighed));
      }
    }
    return Tensors.concat(0, said.toArray(NDArray[]::new));
  }

  /** Returns what one expert makes of its tokens, which are one sequence for whoever watches. */
  private NDArray speak(TextModules modules, String module, NDArray read, Pass pass) {
    long count = read.getShape().get(0);
    long hidden = read.getShape().get(1);
    NDArray sequence = Tensors.reshape(read, 1, count, hidden);
    NDArray spoken = expert.of(modules, module, module + TextNetwork.NEURONS, sequence, pass);
    return Tensors.reshape(spoken, count, spoken.getShape().get(2));
  }

  private static NDArray sums(NDArray weights) {
    return Tensors.reshape(Tensors.sum(weights, 1), weights.getShape().get(0), 1);
  }

  /**
   * Routing to experts. A place is a token's number times the number of its experts, and which of
   * these it is.
   *
   * @param places for each expert those that chose it, ascending
   * @param order for each place where it is if experts are asked one after another
   */
  @SuppressWarnings("ArrayRecordComponent") // lives for one layer of one batch
  private record Routes(List<int[]> places, int[] order) {
    /**
     * Sorts choices.
     *
     * @param choices the expert of each place
     */
    static Routes of(long[] choices, int experts) {
      int[] counts = new int[experts];
      for (long expert : choices) {
        counts[(int) expert]++;
      }
      List<int[]> places = IntStream.of(counts).mapToObj(int[]::new).toList();
      int[] next = new int[experts]; // where an expert's next place comes, expert by expert
      for (int i = 1; i < experts; i++) {
        next[i] = next[i - 1] + counts[i - 1];
      }
      int[] firsts = next.clone();
      int[] order = new int[choices.length];
      for (int place = 0; place < choices.length; place++) {
        int expert = (int) choices[place];
        places.get(expert)[next[expert] - firsts[expert]] = place;
        order[place] = next[expert]++;
      }
      return new Routes(places, order);
    }
  }
}
