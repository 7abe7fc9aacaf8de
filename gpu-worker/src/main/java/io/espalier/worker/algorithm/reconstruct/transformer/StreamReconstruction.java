package io.espalier.worker.algorithm.reconstruct.transformer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.reconstruct.LeastSquares;
import io.espalier.worker.algorithm.reconstruct.LinearMap;
import io.espalier.worker.algorithm.reconstruct.SolvedLayers;
import io.espalier.worker.domain.job.LayerReconstruction;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.MaskableNetwork.Block;
import io.espalier.worker.tensor.SpillingArrays;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * Solves for the projections of a cut transformer, layer after layer in forward order: all batches
 * go through a layer of the original and of the cut model before any goes on to the next.
 */
final class StreamReconstruction implements AutoCloseable {
  /*
   * A projection adds W · x + b to the stream. With s the original's stream behind it, and x' and r'
   * what the projection reads and adds to in the network as cut and solved so far [1]:
   *
   *   W', b' = argmin Σ over real tokens of 1/v · |s - r' - W'x' - b'|²
   *
   * so the error of the stream itself, s - r', is made good too. The normalisation behind divides s by the
   * root of v, its variance (LayerNorm) or mean square (RMSNorm). What counts is the error behind it: a
   * few tokens carry most of the energy of a trained model, and would have the rest fitted to
   * themselves [2].
   *
   * Of a narrower stream s are the channels that are left. A layer behind others that are gone aims at the
   * stream that had passed these.
   *
   * [1] Y. He, X. Zhang, J. Sun: Channel Pruning for Accelerating Very Deep Neural Networks, 2017.
   * [2] M. Sun et al.: Massive Activations in Large Language Models, 2024.
   */
  private static final String PHASE = "reconstructing layers";

  private final StackPasses passes;
  private final StackPasses cutPasses;
  private final StreamRemainder left;
  private final Weights original;
  private final Weights cut;
  private final NDManager manager;
  private final SpillingArrays wanted;
  private final SpillingArrays found;
  private final SolvedLayers solved;

  /**
   * Reconstruction of a cut model.
   *
   * @param of the original model and the samples, which stay as they are
   * @param cut weights of the cut model, which change in place
   * @param storage for hidden states of both, and for solved layers
   */
  StreamReconstruction(
      TransformerReconstruction of,
      Weights cut,
      NDManager manager,
      TransformerReconstruction.Storage storage) {
    this.passes = of.passes();
    this.cutPasses = of.cutPasses();
    this.left = of.left();
    this.original = of.original();
    this.cut = cut;
    this.manager = manager;
    this.wanted = new SpillingArrays(storage.memoryBytes() / 2, storage.directory());
    this.found = new SpillingArrays(storage.memoryBytes() / 2, storage.directory());
    this.solved = new SolvedLayers(storage.directory(), "gradnas", storage.fingerprint());
  }

  /** Solves for all projections behind the first cut; says what came of each. */
  List<LayerReconstruction> run(Progress.Listener progress) {
    forEachBatch(
        batch -> {
          wanted.put(batch, passes.embed(batch, original, manager));
          found.put(batch, cutPasses.embed(batch, cut, manager));
        });
    var reports = new ArrayList<LayerReconstruction>();
    List<Block> blocks = Block.of(cut.architecture());
    int passed = 0; // layers of the original
    for (int layer = 0; layer < blocks.size(); layer++) {
      for (; passed < left.layers().get(layer); passed++) {
        advanceOriginal(passed);
      }
      boolean behindCut = !reports.isEmpty() || left.isBehindGap(layer);
      reports.addAll(layer(layer, blocks.get(layer), behindCut));
      advance(layer);
      passed++;
      progress.report(Progress.of(PHASE, layer + 1, blocks.size()));
    }
    return reports;
  }

  /** Solves for a layer, unless an earlier attempt has. */
  private List<LayerReconstruction> layer(int layer, Block block, boolean behindCut) {
    Optional<List<LayerReconstruction>> known = solved.load(layer, cut);
    if (known.isPresent()) {
      return known.get();
    }
    var reports = new ArrayList<LayerReconstruction>();
    for (String axis : List.of(block.heads(), block.neurons())) {
      Optional<Projection> after = Projection.of(cut.architecture(), axis);
      if (after.isPresent() && (behindCut || !reports.isEmpty() || isCut(after.get()))) {
        reports.add(solve(layer, after.get()));
      }
    }
    if (!reports.isEmpty()) {
      solved.saveExactly(layer, reports, cut);
    }
    return reports;
  }

  /** Deletes what was kept for a later attempt. */
  void forget() {
    for (int layer = 0; layer < Block.of(cut.architecture()).size(); layer++) {
      solved.delete(layer);
    }
  }

  private boolean isCut(Projection projection) {
    // Nothing is renamed in front of the first gap, behind which nobody asks.
    return original.get(projection.weight()).size() != cut.get(projection.weight()).size();
  }

  private LayerReconstruction solve(int layer, Projection projection) {
    try (var squares =
        new LeastSquares(manager, projection.weight(), projection.inputs(), projection.outputs())) {
      forEachBatch(batch -> add(squares, layer, projection.axis(), batch));
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        LinearMap plain = projection.map(cut);
        LeastSquares.Solution solution = squares.solve(plain, projection.intercept());
        if (solution.report().solved()) {
          projection.become(solution.map(), cut);
        }
        return solution.report();
      }
    }
  }

  private void add(LeastSquares squares, int layer, String axis, int batch) {
    var before = new StreamTrace(nameInOriginal(layer, axis));
    var now = new StreamTrace(axis);
    int itself = left.layers().get(layer);
    passes.layer(itself, batch, original, wanted.get(batch), manager, before);
    cutPasses.layer(layer, batch, cut, found.get(batch), manager, now);
    NDArray stream = left.of(Tensors.inDoublePrecision(passes.rows(batch, before.after())));
    NDArray target =
        Tensors.subtract(stream, Tensors.inDoublePrecision(passes.rows(batch, now.before())));
    squares.add(passes.rows(batch, now.read()), target, StreamWeights.of(stream, passes.network()));
  }

  /** Returns what an axis of a layer is called in the original. */
  private String nameInOriginal(int layer, String axis) {
    Block own = Block.of(cut.architecture()).get(layer);
    Block itself = Block.of(original.architecture()).get(left.layers().get(layer));
    return axis.equals(own.heads()) ? itself.heads() : itself.neurons();
  }

  private void advance(int layer) {
    advanceOriginal(left.layers().get(layer));
    forEachBatch(batch -> found.put(batch, pass(cutPasses, layer, batch, cut, found.get(batch))));
  }

  private void advanceOriginal(int layer) {
    forEachBatch(
        batch -> wanted.put(batch, pass(passes, layer, batch, original, wanted.get(batch))));
  }

  private NDArray pass(StackPasses by, int layer, int batch, Weights weights, NDArray x) {
    return by.layer(layer, batch, weights, x, manager, ForwardHooks.NONE);
  }

  /** Does something with a batch, in a scope of its own. */
  private void forEachBatch(IntConsumer step) {
    for (int batch = 0; batch < passes.batches().count(); batch++) {
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        step.accept(batch);
      }
    }
  }

  @Override
  public void close() {
    wanted.close();
    found.close();
  }
}
