package io.espalier.worker.algorithm.train;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.Weights;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * An optimizer of a network and of weights that are trained along with it; the latter do not decay.
 * They go nowhere, so they are part of what it remembers.
 *
 * @param network optimizer of the network
 * @param companions what is trained along
 * @param others optimizer of these
 */
record CompanionOptimizer(Optimizer network, Weights companions, Optimizer others)
    implements Optimizer {
  private static final String WEIGHT = "alongside.weight.";
  private static final String MEMORY = "alongside.optimizer.";

  /** An optimizer at rest; that of the network alone if nothing is trained along. */
  static Optimizer of(OptimizerSettings settings, Weights network, Optional<Weights> companions) {
    Optimizer alone = settings.of(network);
    return companions
        .<Optimizer>map(
            along -> new CompanionOptimizer(alone, along, settings.withoutDecay().of(along)))
        .orElse(alone);
  }

  @Override
  public void step(double rate, long number) {
    network.step(rate, number);
    others.step(rate, number);
  }

  @Override
  public Map<String, NDArray> state() {
    Map<String, NDArray> state = new LinkedHashMap<>(network.state());
    companions.names().forEach(name -> state.put(WEIGHT + name, companions.get(name)));
    others.state().forEach((name, array) -> state.put(MEMORY + name, array));
    return state;
  }
}
