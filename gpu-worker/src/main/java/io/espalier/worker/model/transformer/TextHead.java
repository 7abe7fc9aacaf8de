package io.espalier.worker.model.transformer;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.model.family.Activation;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Tensors;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Head on a transformer that turns its last hidden states into scores.
 *
 * @param task what the whole model does with it
 * @param reads the tokens that it reads
 * @param inner a dense layer of the stream's width in front of the scores, if there is one
 * @param output the layer that gives the scores; without one, the mean of the hidden states is what
 *     the model says
 */
record TextHead(TextTask task, Reads reads, Optional<Inner> inner, Optional<Output> output) {
  /** The tokens that are read. */
  enum Reads {
    ALL,
    FIRST,
    LAST
  }

  /**
   * A dense layer with an activation.
   *
   * @param module its name
   * @param belongs whether it belongs to the transformer, so that its name has the same prefix
   * @param activation the activation behind it; empty if that of the transformer
   * @param norm the layer normalisation behind that, if there is one
   */
  record Inner(
      String module, boolean belongs, Optional<Activation> activation, Optional<String> norm) {
    String module(String prefix) {
      return belongs ? prefix + module : module;
    }
  }

  /**
   * The layer that gives scores.
   *
   * @param module its name
   * @param bias name of its bias, if it has one
   */
  record Output(String module, Optional<String> bias) {
    String weight() {
      return module + ".weight";
    }
  }

  /** A head that reads tokens by one layer with bias. */
  static TextHead linear(TextTask task, String module) {
    return new TextHead(task, Reads.ALL, Optional.empty(), Optional.of(biased(module)));
  }

  /** A head that tells texts apart by their first token and a hidden layer. */
  static TextHead classifier(Inner inner, String module) {
    return new TextHead(
        TextTask.TEXT_CLASSIFICATION, Reads.FIRST, Optional.of(inner), Optional.of(biased(module)));
  }

  /** A head that guesses masked tokens. */
  static TextHead maskedTokens(Inner inner, Output output) {
    return new TextHead(TextTask.FILL_MASK, Reads.ALL, Optional.of(inner), Optional.of(output));
  }

  /** No head: the mean of the hidden states is what the model says. */
  static TextHead mean() {
    return new TextHead(TextTask.FEATURE_EXTRACTION, Reads.ALL, Optional.empty(), Optional.empty());
  }

  private static Output biased(String module) {
    return new Output(module, Optional.of(module + ".bias"));
  }

  /** Returns what models can do, by the heads that may stand on them. */
  static List<String> tasks(Map<String, TextHead> models) {
    return models.values().stream().map(head -> head.task().key()).distinct().sorted().toList();
  }

  /** Returns whether it gives scores of tokens, and so may share the embedding's weight. */
  boolean guessesTokens() {
    return task == TextTask.FILL_MASK || task == TextTask.TEXT_GENERATION;
  }

  /** Returns whether it gives labels that the config names. */
  boolean givesLabels() {
    return task == TextTask.TEXT_CLASSIFICATION || task == TextTask.TOKEN_CLASSIFICATION;
  }

  /** Adds its tensors and layers. */
  void draw(TransformerBuilder builder, String prefix) {
    inner.ifPresent(
        dense -> {
          builder.dense(dense.module(prefix), TransformerBuilder.HIDDEN, reads == Reads.ALL);
          dense.norm().ifPresent(builder::norm);
        });
    output.ifPresent(scores -> builder.scores(this, scores, prefix));
  }

  /**
   * Returns what the model says.
   *
   * @param hidden (batch, tokens, hidden)
   * @param tokens what was read
   * @return as {@link TextNetwork#forward} says
   */
  NDArray of(TextModules modules, TransformerSpec plan, NDArray hidden, Tokens tokens) {
    if (output.isEmpty()) {
      return mean(hidden, tokens.mask());
    }
    NDArray x = read(plan, hidden, tokens); // (batch, hidden) or (batch, tokens, hidden)
    if (inner.isPresent()) {
      Inner dense = inner.get();
      x = modules.dense(dense.module(modules.prefix()), x);
      x = dense.activation().orElse(plan.activation()).of(x);
      x = dense.norm().isPresent() ? modules.norm(dense.norm().get(), x) : x;
    }
    return modules.scores(plan.outputWeight(modules.prefix()), output.get().bias(), x);
  }

  private NDArray read(TransformerSpec plan, NDArray hidden, Tokens tokens) {
    return switch (reads) {
      case ALL -> hidden;
      case FIRST ->
          Tensors.reshape(
              Tensors.slice(hidden, 1, 0, 1), hidden.getShape().get(0), hidden.getShape().get(2));
      case LAST -> last(hidden, plan.read(tokens));
    };
  }

  /** The last token of each row of those that are marked by 1; the first of a row of none. */
  private static NDArray last(NDArray hidden, NDArray mask) {
    long rows = hidden.getShape().get(0);
    long width = hidden.getShape().get(2);
    NDArray places = Tensors.multiply(Tensors.cumulativeSum(mask, 1), mask); // 1, 2, … at these
    NDArray last = Tensors.reshape(Tensors.argMax(places, 1), rows, 1, 1);
    return Tensors.reshape(Tensors.gather(hidden, Tensors.repeat(last, 2, width), 1), rows, width);
  }

  /** Mean over real tokens; zero for a row that has none. */
  private static NDArray mean(NDArray hidden, NDArray mask) {
    long rows = mask.getShape().get(0);
    NDArray real = Tensors.inTypeOf(hidden, mask); // (batch, tokens)
    NDArray weights = Tensors.reshape(real, rows, mask.getShape().get(1), 1);
    NDArray count = Tensors.reshape(Tensors.atLeast(Tensors.sum(real, 1), 1e-9), rows, 1);
    return Tensors.divide(Tensors.sum(Tensors.multiply(hidden, weights), 1), count);
  }
}
