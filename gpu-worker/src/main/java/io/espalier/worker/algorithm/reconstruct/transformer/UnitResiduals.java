package io.espalier.worker.algorithm.reconstruct.transformer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.reconstruct.LinearMap;
import io.espalier.worker.algorithm.reconstruct.UnitElimination;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.MaskableNetwork.Block;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.SpillingArrays;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * Scores of heads and neurons by what the projection behind them loses where its weights are solved
 * for anew without them, layer by layer of the original model.
 *
 * @param passes of the samples
 * @param original weights of the model; stay as they are
 */
public record UnitResiduals(StackPasses passes, Weights original) {
  private static final String PHASE = "measuring residuals";

  /**
   * Measures one score per unit, by axis: the larger, the longer the unit stays.
   *
   * @param storage for hidden states; nothing is kept in it
   * @throws io.espalier.worker.domain.InvalidInputException if an activation is no finite number
   */
  public Map<String, double[]> measure(
      TransformerReconstruction.Storage storage, Progress.Listener progress) {
    List<Block> blocks = Block.of(original.architecture());
    var scores = new LinkedHashMap<String, double[]>();
    try (NDManager manager = PyTorch.newManager();
        var states = new SpillingArrays(storage.memoryBytes(), storage.directory())) {
      forEachBatch(batch -> states.put(batch, passes.embed(batch, original, manager)));
      for (int layer = 0; layer < blocks.size(); layer++) {
        for (String axis : List.of(blocks.get(layer).heads(), blocks.get(layer).neurons())) {
          Optional<Projection> reader = Projection.of(original.architecture(), axis);
          if (reader.isPresent()) {
            scores.put(axis, scores(layer, reader.get(), states, manager));
          }
        }
        int passed = layer;
        forEachBatch(
            batch -> {
              NDArray x = states.get(batch);
              states.put(
                  batch, passes.layer(passed, batch, original, x, manager, ForwardHooks.NONE));
            });
        progress.report(Progress.of(PHASE, layer + 1, blocks.size()));
      }
    }
    return scores;
  }

  private double[] scores(int layer, Projection reader, SpillingArrays states, NDManager manager) {
    try (var elimination = new UnitElimination(manager, reader.weight(), reader.inputs())) {
      forEachBatch(
          batch -> {
            var trace = new StreamTrace(reader.axis());
            passes.layer(layer, batch, original, states.get(batch), manager, trace);
            NDArray stream = Tensors.inDoublePrecision(passes.rows(batch, trace.after()));
            elimination.add(
                passes.rows(batch, trace.read()), StreamWeights.of(stream, passes.network()));
          });
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        LinearMap map = reader.map(original);
        return elimination.scores(map, reader.intercept(), reader.inputs() / units(reader.axis()));
      }
    }
  }

  private int units(String name) {
    return original.architecture().axes().stream()
        .filter(axis -> axis.name().equals(name))
        .mapToInt(Axis::units)
        .findFirst()
        .orElseThrow();
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
}
