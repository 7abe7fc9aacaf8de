package io.espalier.worker.algorithm.minitron.measure;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.reconstruct.UnitElimination;
import io.espalier.worker.algorithm.reconstruct.transformer.Projection;
import io.espalier.worker.algorithm.reconstruct.transformer.StreamWeights;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.LayerStack;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Watches what the projections behind heads and neurons of a layer read, for the order in which
 * units can go if the projections are solved for anew ({@link UnitElimination}). A token counts one
 * part in what the next normalisation divides its square by; where what is said is normalised
 * before it is added to the stream, all count the same.
 */
final class ResidualRecorder implements AutoCloseable {
  private final Map<String, Axis> axes;
  private final LayerStack network;
  private final NDManager manager = PyTorch.newManager();
  private final Map<String, UnitElimination> sums = new LinkedHashMap<>();

  /**
   * A watch that has seen nothing.
   *
   * @param axes of heads and of neurons that all tokens go through, by what their scores are called
   * @param network whose layer it is
   */
  ResidualRecorder(Map<String, Axis> axes, LayerStack network) {
    this.axes = Map.copyOf(axes);
    this.network = network;
  }

  /**
   * Returns what watches the next batch.
   *
   * @param mask 1 for real tokens, (batch, tokens)
   * @param next hears the same
   */
  ForwardHooks batch(NDArray mask, ForwardHooks next) {
    return new Batch(mask, next);
  }

  /**
   * One score per unit, by what it is called: the larger, the longer the unit stays.
   *
   * @param weights of the layer
   */
  Map<String, double[]> scores(Weights weights) {
    Map<String, double[]> scores = new HashMap<>();
    axes.forEach(
        (kind, axis) -> {
          Optional<Projection> reader = Projection.of(weights.architecture(), axis.name());
          UnitElimination elimination = sums.get(axis.name());
          if (reader.isPresent() && elimination != null) {
            try (var scope = new NDScope()) {
              scope.suppressNotUsedWarning();
              scores.put(
                  kind,
                  elimination.scores(
                      reader.get().map(weights),
                      reader.get().intercept(),
                      reader.get().inputs() / axis.units()));
            }
          }
        });
    return scores;
  }

  @Override
  public void close() {
    sums.values().forEach(UnitElimination::close);
    manager.close();
  }

  /** One batch on its way. */
  private final class Batch implements ForwardHooks {
    private final int[] real;
    private final ForwardHooks next;
    private final Map<String, NDArray> read = new LinkedHashMap<>();

    Batch(NDArray mask, ForwardHooks next) {
      long[] tokens = mask.toLongArray();
      this.real = IntStream.range(0, tokens.length).filter(i -> tokens[i] == 1).toArray();
      this.next = next;
    }

    private boolean isWatched(String axis) {
      return axes.values().stream().anyMatch(each -> each.name().equals(axis));
    }

    @Override
    public NDArray heads(String axis, NDArray context) {
      if (isWatched(axis)) {
        NDArray byToken = Tensors.transpose(context, 1, 2); // (batch, tokens, heads, head size)
        var shape = byToken.getShape();
        read.put(
            axis,
            Tensors.reshape(byToken, shape.get(0) * shape.get(1), shape.get(2) * shape.get(3)));
      }
      return next.heads(axis, context);
    }

    @Override
    public NDArray neurons(String axis, NDArray neurons) {
      return next.neurons(axis, neurons);
    }

    @Override
    public NDArray activated(String axis, NDArray activated) {
      if (isWatched(axis)) {
        read.put(axis, rows(activated));
      }
      return next.activated(axis, activated);
    }

    private NDArray rows(NDArray x) {
      long width = x.getShape().get(x.getShape().dimension() - 1);
      return Tensors.reshape(x, x.size() / width, width);
    }

    @Override
    public NDArray added(AxisKind part, String axis, NDArray said, NDArray stream) {
      NDArray found = read.remove(axis);
      if (found != null) {
        NDArray behind = Tensors.add(said, stream);
        NDArray realRows = Tensors.inDoublePrecision(Tensors.select(rows(behind), 0, real));
        add(axis, found, StreamWeights.of(realRows, network));
      }
      return next.added(part, axis, said, stream);
    }

    private void add(String axis, NDArray found, NDArray weights) {
      NDArray rows = Tensors.select(found, 0, real);
      int inputs = Math.toIntExact(rows.getShape().get(1));
      sums.computeIfAbsent(axis, any -> new UnitElimination(manager, axis, inputs))
          .add(rows, weights);
    }

    @Override
    public NDArray leaving(int layer, NDArray state) {
      read.forEach(
          (axis, found) ->
              add(axis, found, Tensors.full(Tensors.inDoublePrecision(found), 1, real.length)));
      read.clear();
      return next.leaving(layer, state);
    }

    @Override
    public NDArray routed(String axis, NDArray scores) {
      return next.routed(axis, scores);
    }

    @Override
    public void reads(int expert, String neurons, int[] tokens) {
      next.reads(expert, neurons, tokens);
    }

    @Override
    public void weighs(String neurons, NDArray weights) {
      next.weighs(neurons, weights);
    }

    @Override
    public NDArray expert(String axis, int expert, NDArray output) {
      return next.expert(axis, expert, output);
    }

    @Override
    public NDArray normed(String module, NDArray normed) {
      return next.normed(module, normed);
    }

    @Override
    public NDArray entering(int layer, NDArray state) {
      return next.entering(layer, state);
    }

    @Override
    public NDArray hidden(int index, NDArray state) {
      return next.hidden(index, state);
    }
  }
}
