package io.espalier.worker.algorithm.minitron.reconstruct;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.minitron.measure.LayerwiseForward;
import io.espalier.worker.algorithm.minitron.measure.MemoryLimits;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import java.nio.file.Path;
import java.util.stream.IntStream;

/**
 * The same texts on their way through the original and through the cut model as far as it is solved
 * for, side by side.
 */
final class StreamPair implements AutoCloseable {
  private static final double SMALLEST_ENERGY = 1e-12;

  private final DecoderBlueprint blueprint;
  private final Kept kept;
  private final SolvedTexts texts;
  private final NDManager manager = PyTorch.newManager();
  private final LayerwiseForward wanted;
  private final LayerwiseForward found;

  /**
   * Texts that wait in front of the first layer.
   *
   * @param kept units of the original that the cut model has, without layers
   * @param room for each
   */
  StreamPair(
      DecoderBlueprint blueprint, Kept kept, SolvedTexts texts, MemoryLimits room, Path directory) {
    this.blueprint = blueprint;
    this.kept = kept;
    this.texts = texts;
    this.wanted = new LayerwiseForward(blueprint, texts, room, directory);
    this.found = new LayerwiseForward(blueprint, texts, room, directory);
    wanted.embed(Kept.all());
    found.embed(kept);
  }

  DecoderBlueprint blueprint() {
    return blueprint;
  }

  Kept kept() {
    return kept;
  }

  SolvedTexts texts() {
    return texts;
  }

  /** Returns where sums are kept. */
  NDManager manager() {
    return manager;
  }

  /** The texts in the original. */
  LayerwiseForward wanted() {
    return wanted;
  }

  /** The texts in the cut model. */
  LayerwiseForward found() {
    return found;
  }

  /** Returns whether the stream lost channels. */
  boolean isNarrower() {
    return kept.width(blueprint.hidden()) < blueprint.hidden().units();
  }

  /** The channels of the original's stream, (rows, hidden), that the cut model's has. */
  NDArray narrowed(NDArray stream) {
    return isNarrower()
        ? Tensors.select(stream, 1, kept.of(blueprint.hidden()).orElseThrow())
        : stream;
  }

  /**
   * Returns what a batch is at in the original, as far as the cut model has its channels: (rows,
   * hidden).
   */
  NDArray wantedRows(int batch) {
    NDArray state = wanted.state(batch);
    long width = state.getShape().get(2);
    return narrowed(Tensors.reshape(state, state.size() / width, width));
  }

  /**
   * Returns how much each token counts: 1 / what the next normalisation divides its square by,
   * variance or mean square.
   *
   * @param stream (rows, hidden), float64
   */
  NDArray importance(NDArray stream) {
    double share = 1.0 / stream.getShape().get(1);
    NDArray squares = Tensors.scale(Tensors.sum(Tensors.square(stream), 1), share);
    NDArray energy =
        blueprint.network().centresStream()
            ? Tensors.subtract(
                squares, Tensors.square(Tensors.scale(Tensors.sum(stream, 1), share)))
            : squares;
    return Tensors.divide(
        Tensors.full(energy, 1, energy.size()), Tensors.atLeast(energy, SMALLEST_ENERGY));
  }

  /** Does something with a batch, in a scope of its own. */
  @FunctionalInterface
  interface Step {
    /** Does it. */
    void of(int batch, TokenBatch tokens);
  }

  /** Does something with each batch. */
  void forEachBatch(Step step) {
    for (int batch = 0; batch < texts.count(); batch++) {
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        step.of(batch, texts.get(batch));
      }
    }
  }

  /** Places of the tokens of a batch that are no padding, among those of all its sequences. */
  static int[] real(TokenBatch batch) {
    long[] mask = batch.mask();
    return IntStream.range(0, mask.length).filter(i -> mask[i] == 1).toArray();
  }

  @Override
  public void close() {
    wanted.close();
    found.close();
    manager.close();
  }
}
