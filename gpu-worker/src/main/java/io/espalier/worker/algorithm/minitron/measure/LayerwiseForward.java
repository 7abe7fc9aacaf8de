package io.espalier.worker.algorithm.minitron.measure;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.ResizableNetwork.Pieces;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.model.transformer.LayeredNetwork;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.SavedArrays;
import io.espalier.worker.tensor.SpillingArrays;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Texts on their way through a decoder, all batches through one layer before any goes on to the
 * next. Weights of a layer are loaded when it is their turn and dropped behind it, so that memory
 * holds one layer and what is computed of one batch; hidden states of the others are kept in memory
 * up to a bound, beyond it in a file. Of the embedding only the tokens of a batch are loaded, and
 * what gives the scores in slices of the vocabulary. Where there are several devices, as many
 * layers that follow each other work at once, one on each.
 *
 * <p>A narrower subnet of the model is run by the same files: each layer is cut once it is loaded.
 */
public final class LayerwiseForward implements AutoCloseable {
  /**
   * One of all sequences.
   *
   * @param number its place among all
   * @param batch number of the batch that it is of
   * @param position its place in the batch
   */
  public record Sequence(int number, int batch, int position, TokenBatch tokens) {}

  /** Tokens of the vocabulary from one up to (excluding) another. */
  public record Slice(int from, int to) {}

  /** Takes what the model says of texts: of all sequences slice by slice of the vocabulary. */
  @FunctionalInterface
  public interface Ear {
    /**
     * One slice of what is said of one sequence.
     *
     * @param scores (1, tokens, those of the slice)
     * @param first token of the slice
     */
    void hear(NDArray scores, int first, Sequence sequence);
  }

  private final DecoderBlueprint blueprint;
  private final LayeredNetwork network;
  private final Pieces pieces;
  private final TokenBatches texts;
  private final long sliceBytes;
  private final SpillingArrays states;
  private final List<NDManager> managers;
  private final NDManager manager;

  /**
   * A stream that nothing flows in yet.
   *
   * @param directory where a file with hidden states is made for which there is no room
   */
  public LayerwiseForward(
      DecoderBlueprint blueprint, TokenBatches texts, MemoryLimits room, Path directory) {
    this(blueprint, texts, room, directory, PyTorch.devices());
  }

  /**
   * The same.
   *
   * @param devices that share the layers; what comes first and last is done by the first of them
   */
  public LayerwiseForward(
      DecoderBlueprint blueprint,
      TokenBatches texts,
      MemoryLimits room,
      Path directory,
      List<Device> devices) {
    this.managers = devices.stream().map(PyTorch::newManager).toList();
    this.manager = managers.get(0);
    this.blueprint = blueprint;
    this.network = blueprint.network();
    this.pieces = blueprint.pieces();
    this.texts = texts;
    this.sliceBytes = room.sliceBytes();
    this.states = new SpillingArrays(room.stateBytes(), directory);
  }

  /**
   * Embeds all texts anew; what flowed before is gone.
   *
   * @throws IllegalArgumentException if an axis or a unit is to be kept that does not exist
   */
  public void embed(Kept kept) {
    blueprint.architecture().requireKnown(kept);
    Kept own = kept.of(pieces.embedding().choices().values());
    for (int batch = 0; batch < texts.count(); batch++) {
      TokenBatch tokens = texts.get(batch);
      int[] known =
          LongStream.of(tokens.ids()).mapToInt(Math::toIntExact).sorted().distinct().toArray();
      Kept rows = own.with(blueprint.vocabulary(), known);
      try (var scope = new NDScope();
          Weights weights = load(pieces.embedding(), rows, manager)) {
        scope.suppressNotUsedWarning();
        Tokens among = Tokens.of(manager, tokens.among(known));
        states.put(batch, network.embed(weights, among, ForwardHooks.NONE));
      }
    }
  }

  /** Watches the texts of a batch in a layer. */
  @FunctionalInterface
  public interface Watch {
    /** Returns what watches them. */
    ForwardHooks of(int layer, Tokens tokens);

    /** Is told when all texts are through a layer, before its weights are dropped. */
    default void done(int layer, Weights weights) {}
  }

  /** Layers in their order, as many at a time as can be at work at once. */
  public List<List<Integer>> groups(List<Integer> layers) {
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
  public void layers(List<Integer> group, Kept kept, Watch watch) {
    var weights = new ArrayList<Weights>();
    try {
      var stages = new ArrayList<LayerPipeline.Stage>();
      for (int i = 0; i < group.size(); i++) {
        int layer = group.get(i);
        NDManager on = managers.get(i);
        Weights own = load(pieces.layers().get(layer), kept, on);
        weights.add(own);
        stages.add(
            (batch, x) -> {
              Tokens tokens = Tokens.of(on, texts.get(batch));
              NDArray here = Tensors.on(x, on.getDevice());
              return network.layer(
                  layer, own, here, network.context(tokens, here), watch.of(layer, tokens));
            });
      }
      new LayerPipeline(texts.count(), states::get, stages, states::put).run();
      for (int i = 0; i < group.size(); i++) {
        watch.done(group.get(i), weights.get(i));
      }
    } finally {
      weights.forEach(Weights::close);
    }
  }

  /** Runs layers at once, unwatched. */
  public void layers(List<Integer> group, Kept kept) {
    layers(group, kept, (layer, tokens) -> ForwardHooks.NONE);
  }

  /** The weights of a layer, for the caller to close. */
  public Weights layer(int layer, Kept kept) {
    return load(pieces.layers().get(layer), kept, manager);
  }

  /**
   * Returns what a batch is at so far, (batch, tokens, hidden); as {@link SpillingArrays#get} says.
   */
  public NDArray state(int batch) {
    return states.get(batch);
  }

  /** Returns what a layer makes of a batch, in the open scope; the batch stays where it is. */
  public NDArray passed(int layer, Weights weights, int batch, ForwardHooks hooks) {
    NDArray x = states.get(batch);
    Tokens tokens = Tokens.of(manager, texts.get(batch));
    return network.layer(layer, weights, x, network.context(tokens, x), hooks);
  }

  /** Returns what the last normalisation makes of a batch, in the open scope. */
  public NDArray last(Weights end, int batch) {
    return network.end(end, states.get(batch), ForwardHooks.NONE);
  }

  /** Runs one layer with weights of the caller. */
  public void advance(int layer, Weights weights) {
    for (int batch = 0; batch < texts.count(); batch++) {
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        states.put(batch, passed(layer, weights, batch, ForwardHooks.NONE));
      }
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

  /** Runs the embedding and some layers. */
  public void run(Kept kept, List<Integer> layers) {
    embed(kept);
    groups(layers).forEach(group -> layers(group, kept));
  }

  /** Scores of all tokens; the weights that give them are loaded once. */
  public void scores(Kept kept, Ear ear) {
    for (Slice slice : slices()) {
      try (Weights end = end(kept, slice)) {
        forEachSequence(sequence -> ear.hear(scores(end, sequence), slice.from(), sequence));
      }
    }
  }

  /**
   * The vocabulary in slices for each of whose weights there is room, but for one token at least.
   */
  public List<Slice> slices() {
    int all = blueprint.vocabulary().units();
    long rowBytes = (long) blueprint.hidden().units() * Float.BYTES;
    int size = (int) Math.min(all, Math.max(1, sliceBytes / rowBytes));
    var slices = new ArrayList<Slice>();
    for (int from = 0; from < all; from += size) {
      slices.add(new Slice(from, Math.min(from + size, all)));
    }
    return slices;
  }

  /** The weights that give the scores of a slice, for the caller to close. */
  public Weights end(Kept kept, Slice slice) {
    int[] tokens = IntStream.range(slice.from(), slice.to()).toArray();
    Kept own = kept.of(pieces.end().choices().values());
    return load(pieces.end(), own.with(blueprint.vocabulary(), tokens), manager);
  }

  /** Scores of the tokens of one sequence, (1, tokens, those of the slice), in the open scope. */
  public NDArray scores(Weights end, Sequence sequence) {
    NDArray state = states.get(sequence.batch(), sequence.position()); // (1, tokens, hidden)
    NDArray last = network.end(end, Tensors.on(state, manager.getDevice()), ForwardHooks.NONE);
    return network.scores(end, last, Tokens.of(manager, sequence.tokens()));
  }

  /**
   * All sequences, each in a scope of its own, since scores of a whole batch may be more than the
   * memory holds.
   */
  public void forEachSequence(Consumer<Sequence> step) {
    int number = 0;
    for (int batch = 0; batch < texts.count(); batch++) {
      TokenBatch all = texts.get(batch);
      for (int row = 0; row < all.rows(); row++) {
        try (var scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          step.accept(new Sequence(number++, batch, row, all.row(row)));
        }
      }
    }
  }

  private Weights load(Architecture piece, Kept kept, NDManager on) {
    Weights loaded = Weights.load(blueprint.model().directory(), piece, kept, on);
    if (blueprint.basis().rotated()) {
      int left = kept.width(blueprint.hidden());
      for (String norm : blueprint.norms(piece)) {
        blueprint
            .basis()
            .scale(norm, left)
            .ifPresent(c -> Tensors.scaleInPlace(loaded.get(norm), c));
      }
    }
    return loaded;
  }

  @Override
  public void close() {
    states.close();
    managers.forEach(NDManager::close);
  }
}
