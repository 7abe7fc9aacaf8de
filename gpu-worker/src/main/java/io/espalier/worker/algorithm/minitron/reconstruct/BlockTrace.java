package io.espalier.worker.algorithm.minitron.reconstruct;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.tensor.Tensors;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Activations of a layer for one batch, up to the place that is asked for; the pass ends there. The
 * arrays live as long as the scope of the pass. Tokens are counted over all sequences of the batch,
 * one after another and padding among them.
 */
final class BlockTrace implements ForwardHooks {
  /** Where a pass ends. */
  @FunctionalInterface
  private interface Place {
    boolean is(String name, boolean norm);
  }

  /** Ends a pass that has nothing more to tell. */
  private static final class Enough extends RuntimeException {
    private static final long serialVersionUID = 1;

    Enough() {
      super("the pass is over", null, false, false);
    }
  }

  /** A pass. */
  @FunctionalInterface
  interface Pass {
    /** Passes, telling the hooks. */
    void run(ForwardHooks hooks);
  }

  private final Place last;
  private final Map<String, NDArray> read = new HashMap<>();
  private final Map<String, int[]> tokens = new TreeMap<>();
  private final Map<String, NDArray> weights = new HashMap<>();
  private @Nullable NDArray normed;
  private @Nullable NDArray said;
  private @Nullable NDArray stream;

  private BlockTrace(Place last) {
    this.last = last;
  }

  /** Returns what passes until a normalisation has spoken. */
  static BlockTrace untilNorm(String module, Pass pass) {
    return new BlockTrace((name, norm) -> norm && name.equals(module)).of(pass);
  }

  /** Returns what passes until heads or neurons have added to the stream. */
  static BlockTrace untilAdded(String axis, Pass pass) {
    return new BlockTrace((name, norm) -> !norm && name.equals(axis)).of(pass);
  }

  private BlockTrace of(Pass pass) {
    try {
      pass.run(this);
    } catch (Enough e) {
      return this;
    }
    return this;
  }

  @Override
  public NDArray heads(String axis, NDArray context) {
    NDArray byToken = Tensors.transpose(context, 1, 2); // (batch, tokens, heads, head size)
    var shape = byToken.getShape();
    read.put(
        axis, Tensors.reshape(byToken, shape.get(0) * shape.get(1), shape.get(2) * shape.get(3)));
    return context;
  }

  @Override
  public NDArray activated(String axis, NDArray activated) {
    read.put(axis, rows(activated));
    return activated;
  }

  @Override
  public void reads(int expert, String neurons, int[] readers) {
    tokens.put(neurons, readers);
  }

  @Override
  public void weighs(String neurons, NDArray factors) {
    weights.put(neurons, Tensors.reshape(factors, factors.size(), 1));
  }

  @Override
  public NDArray normed(String module, NDArray output) {
    if (last.is(module, true)) {
      normed = rows(output);
      throw new Enough();
    }
    return output;
  }

  @Override
  public NDArray added(AxisKind part, String axis, NDArray output, NDArray before) {
    if (last.is(axis, false)) {
      said = rows(output);
      stream = rows(before);
      throw new Enough();
    }
    return output;
  }

  /**
   * Returns what (batch, tokens, width) has for each token, sequence by sequence: (rows, width).
   */
  static NDArray rows(NDArray x) {
    long width = x.getShape().get(2);
    return Tensors.reshape(x, x.size() / width, width);
  }

  /** Returns whether the pass came to the place that was asked for. */
  boolean isComplete() {
    return normed != null || said != null;
  }

  /** Returns what the normalisation said: (tokens, hidden). */
  NDArray normed() {
    return passed(normed);
  }

  /** The stream that was added to: (tokens, hidden). */
  NDArray before() {
    return passed(stream);
  }

  /** Returns what was added: (tokens, hidden). */
  NDArray said() {
    return passed(said);
  }

  /** Returns whether anything read along an axis. */
  boolean has(String axis) {
    return read.containsKey(axis);
  }

  /** Returns what the layer that reads an axis read: (its tokens, inputs). */
  NDArray read(String axis) {
    return passed(read.get(axis));
  }

  /** Names of the axes of the neurons of all experts that were chosen. */
  Set<String> experts() {
    return tokens.keySet();
  }

  /** Returns which tokens an expert read, ascending; nothing where all were read. */
  int @Nullable [] tokens(String neurons) {
    return tokens.get(neurons);
  }

  /**
   * Returns what the output of an expert was multiplied by, (its tokens, 1); nothing where by
   * nothing.
   */
  @Nullable NDArray weights(String neurons) {
    return weights.get(neurons);
  }

  private static NDArray passed(@Nullable NDArray array) {
    return Objects.requireNonNull(array, "nothing passed there");
  }
}
