package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.LayerStack;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Weights;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Pass of a network that reads tokens; its places are its layers. */
record TextPass(TextNetwork network) implements NetworkPass<Tokens> {
  @Override
  public int places(Weights weights) {
    return network instanceof LayerStack stack ? stack.layers() : 0;
  }

  @Override
  public Said forward(Weights weights, Tokens tokens, Set<Integer> places) {
    var states = new LinkedHashMap<Integer, NDArray>();
    ForwardHooks hooks = places.isEmpty() ? ForwardHooks.NONE : new Taps(places, states);
    return new Said(network.forward(weights, tokens, hooks), states);
  }

  /** Keeps what leaves some layers. */
  private record Taps(Set<Integer> places, Map<Integer, NDArray> states) implements ForwardHooks {
    @Override
    public NDArray leaving(int layer, NDArray state) {
      if (places.contains(layer)) {
        states.put(layer, state);
      }
      return state;
    }
  }
}
