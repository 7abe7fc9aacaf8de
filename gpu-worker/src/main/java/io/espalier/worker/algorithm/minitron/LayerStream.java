package io.espalier.worker.algorithm.minitron;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.family.LayeredNetwork;
import io.espalier.worker.algorithm.family.LayeredNetwork.Pieces;
import io.espalier.worker.algorithm.family.Taps;
import io.espalier.worker.algorithm.family.Tokens;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.SavedArrays;
import io.espalier.worker.tensor.SpillingArrays;
import io.espalier.worker.tensor.T;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Texts on their way through a decoder, all batches through one layer before any goes on to the
 * next. Weights of a layer are loaded when it is their turn and dropped behind it, so that memory
 * holds one layer and what is computed of one batch; hidden states of the others are kept in memory
 * up to a bound, beyond it in a file. Where there are several devices, as many layers that follow
 * each other work at once, one on each.
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
  private final List<NDManager> managers;
  private final NDManager manager;

  /**
   * A stream that nothing flows in yet.
   *
   * @param memoryBytes bound of the hidden states in memory
   * @param directory where a file with the others is made
   */
  LayerStream(Blueprint blueprint, Texts texts, long memoryBytes, Path directory) {
    this(blueprint, texts, memoryBytes, directory, PyTorch.devices());
  }

  /**
   * The same.
   *
   * @param devices that share the layers; what comes first and last is done by the first of them
   */
  LayerStream(
      Blueprint blueprint, Texts texts, long memoryBytes, Path directory, List<Device> devices) {
    this.managers = devices.stream().map(PyTorch::newManager).toList();
    this.manager = managers.get(0);
    this.blueprint = blueprint;
    this.network = blueprint.network();
    this.pieces = blueprint.pieces();
    this.texts = texts;
    this.states = new SpillingArrays(memoryBytes, directory);
  }

  /** Embeds all texts anew; what flowed before is gone. */
  void embed(Kept kept) {
    try (Weights weights = load(pieces.embedding(), kept, manager)) {
      forEachBatch((batch, tokens) -> states.put(batch, network.embed(weights, tokens, Taps.NONE)));
    }
  }

  /** Watches the texts of a batch in a layer. */
  @FunctionalInterface
  interface Watch {
    /** What watches them. */
    Taps of(int layer, Tokens tokens);

    /** Is told when all texts are through a layer, before its weights are dropped. */
    default void done(int layer, Weights weights) {}
  }

  /** Layers in their order, as many at a time as can be at work at once. */
  List<List<Integer>> groups(List<Integer> layers) {
    var groups = new ArrayList<List<Integer>>();
    for (int from = 0; from < layers.size(); from += managers.size()) {
      groups.add(layers.subList(from, Math.min(from + managers.size(), layers.size())));
    }
    return groups;
  }

  /**
   * Runs layers at once, one after the other for each batch.
   *
   * @param group their numbers in the model as it lies on disk; no more than there are devices
   * @param kept their units that stay
   * @param watch is asked in a thread of its own for each of them
   */
  void layers(List<Integer> group, Kept kept, Watch watch) {
    var weights = new ArrayList<Weights>();
    try {
      var stages = new ArrayList<Pipeline.Stage>();
      for (int i = 0; i < group.size(); i++) {
        int layer = group.get(i);
        NDManager on = managers.get(i);
        Weights own = load(pieces.layers().get(layer), kept, on);
        weights.add(own);
        stages.add(
            (batch, x) -> {
              Tokens tokens = Tokens.of(on, texts.get(batch));
              NDArray here = T.on(x, on.getDevice());
              return network.layer(
                  layer, own, here, network.surroundings(tokens, here), watch.of(layer, tokens));
            });
      }
      new Pipeline(texts.count(), states::get, stages, states::put).run();
      for (int i = 0; i < group.size(); i++) {
        watch.done(group.get(i), weights.get(i));
      }
    } finally {
      weights.forEach(Weights::close);
    }
  }

  /** Runs layers at once, unwatched. */
  void layers(List<Integer> group, Kept kept) {
    layers(group, kept, (layer, tokens) -> Taps.NONE);
  }

  /** Keeps what flows in a file, with words that say how far it came. */
  void save(Path file, String label) {
    SavedArrays.write(file, label, texts.count(), states::get);
  }

  /** Takes up what flowed before it was kept in a file; whether that is sound. */
  boolean restore(Path file) {
    return SavedArrays.read(file, texts.count(), manager, states::put);
  }

  /** Runs the embedding and some layers. */
  void run(Kept kept, List<Integer> layers) {
    embed(kept);
    groups(layers).forEach(group -> layers(group, kept));
  }

  /**
   * Scores of all tokens, sequence by sequence, since those of a whole batch may be more than the
   * memory holds.
   */
  void scores(Kept kept, Ear ear) {
    try (Weights weights = load(pieces.end(), kept, manager)) {
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
    return load(pieces.end(), kept, manager);
  }

  /** Scores of the tokens of one sequence, (1, tokens, vocabulary), in the open scope. */
  NDArray scores(Weights end, int batch, int position, TokenBatch row) {
    NDArray all = T.on(states.get(batch), manager.getDevice());
    NDArray x = T.slice(all, 0, position, position + 1L); // (1, tokens, hidden)
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

  private Weights load(Architecture piece, Kept kept, NDManager on) {
    return Weights.load(blueprint.model().directory(), piece, kept, on);
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
    managers.forEach(NDManager::close);
  }
}
