package io.espalier.worker.algorithm.minitron;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.family.LayeredNetwork;
import io.espalier.worker.algorithm.family.LayeredNetwork.Pieces;
import io.espalier.worker.algorithm.family.Taps;
import io.espalier.worker.algorithm.family.Tokens;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.SavedArrays;
import io.espalier.worker.tensor.SpillingArrays;
import io.espalier.worker.tensor.T;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;

/**
 * Texts on their way through a decoder, all batches through one layer before any goes on to the
 * next. Weights of a layer are loaded when it is their turn and dropped behind it, so that memory
 * holds one layer and what is computed of one batch; hidden states of the others are kept in memory
 * up to a bound, beyond it in a file.
 *
 * <p>A narrower version of the model is run by the same files: each layer is cut once it is loaded.
 */
final class LayerStream implements AutoCloseable {
  /** Takes what the model says of a batch. */
  @FunctionalInterface
  interface Ear {
    /**
     * One sequence.
     *
     * @param scores (1, tokens, vocabulary)
     * @param row the sequence
     * @param batch number of the batch that it is of
     * @param position of the sequence in the batch
     */
    void hear(NDArray scores, TokenBatch row, int batch, int position);
  }

  private final Blueprint blueprint;
  private final LayeredNetwork network;
  private final Pieces pieces;
  private final Texts texts;
  private final SpillingArrays states;
  private final NDManager manager = PyTorch.newManager();

  /**
   * A stream that nothing flows in yet.
   *
   * @param memoryBytes bound of the hidden states in memory
   * @param directory where a file with the others is made
   */
  LayerStream(Blueprint blueprint, Texts texts, long memoryBytes, Path directory) {
    this.blueprint = blueprint;
    this.network = blueprint.network();
    this.pieces = network.pieces(blueprint.architecture().shapes().keySet());
    this.texts = texts;
    this.states = new SpillingArrays(memoryBytes, directory);
  }

  /** Embeds all texts anew; what flowed before is gone. */
  void embed(Kept kept) {
    try (Weights weights = load(pieces.embedding(), kept)) {
      forEachBatch((batch, tokens) -> states.put(batch, network.embed(weights, tokens, Taps.NONE)));
    }
  }

  /**
   * Runs a layer.
   *
   * @param layer its number in the model as it lies on disk
   * @param kept its units that stay
   * @param taps watches a batch
   */
  void layer(int layer, Kept kept, BiFunction<Integer, Tokens, Taps> taps) {
    try (Weights weights = load(pieces.layers().get(layer), kept)) {
      forEachBatch(
          (batch, tokens) -> {
            NDArray x = states.get(batch);
            states.put(
                batch,
                network.layer(
                    layer, weights, x, network.surroundings(tokens, x), taps.apply(batch, tokens)));
          });
    }
  }

  /** Keeps what flows in a file, with words that say how far it came. */
  void save(Path file, String label) {
    SavedArrays.write(file, label, texts.count(), states::get);
  }

  /** Takes up what flowed before it was kept in a file; whether that is sound. */
  boolean restore(Path file) {
    return SavedArrays.read(file, texts.count(), manager, states::put);
  }

  /** Runs a layer, unwatched. */
  void layer(int layer, Kept kept) {
    layer(layer, kept, (batch, tokens) -> Taps.NONE);
  }

  /** Runs the embedding and some layers. */
  void run(Kept kept, List<Integer> layers) {
    embed(kept);
    layers.forEach(layer -> layer(layer, kept));
  }

  /**
   * Scores of all tokens, sequence by sequence, since those of a whole batch may be more than the
   * memory holds.
   */
  void scores(Kept kept, Ear ear) {
    try (Weights weights = load(pieces.end(), kept)) {
      for (int batch = 0; batch < texts.count(); batch++) {
        TokenBatch all = texts.get(batch);
        for (int row = 0; row < all.rows(); row++) {
          try (var scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            TokenBatch one = row(all, row);
            ear.hear(scores(weights, batch, row, one), one, batch, row);
          }
        }
      }
    }
  }

  /** The weights of the end, for the caller to close. */
  Weights end(Kept kept) {
    return load(pieces.end(), kept);
  }

  /** Scores of the tokens of one sequence, (1, tokens, vocabulary), in the open scope. */
  NDArray scores(Weights end, int batch, int position, TokenBatch row) {
    NDArray x = T.slice(states.get(batch), 0, position, position + 1L); // (1, tokens, hidden)
    NDArray last = network.end(end, x, Taps.NONE);
    return network.scores(end, last, Tokens.of(manager, row));
  }

  /** One sequence of a batch. */
  static TokenBatch row(TokenBatch batch, int row) {
    int from = row * batch.length();
    int to = from + batch.length();
    return new TokenBatch(
        1,
        batch.length(),
        Arrays.copyOfRange(batch.ids(), from, to),
        Arrays.copyOfRange(batch.mask(), from, to),
        Arrays.copyOfRange(batch.types(), from, to),
        batch.labels().length == 0 ? batch.labels() : Arrays.copyOfRange(batch.labels(), from, to));
  }

  private Weights load(List<String> tensors, Kept kept) {
    return Weights.load(
        blueprint.model().directory(), blueprint.architecture(), tensors, kept, manager);
  }

  @FunctionalInterface
  private interface Step {
    void of(int batch, Tokens tokens);
  }

  private void forEachBatch(Step step) {
    for (int batch = 0; batch < texts.count(); batch++) {
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        step.of(batch, Tokens.of(manager, texts.get(batch)));
      }
    }
  }

  @Override
  public void close() {
    states.close();
    manager.close();
  }
}
