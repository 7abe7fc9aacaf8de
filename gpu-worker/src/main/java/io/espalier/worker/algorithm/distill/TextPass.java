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
  public Said forward(Weights weights, Tokens tokens, Set<Tap> taps) {
    var watch = new Watch(taps);
    ForwardHooks hooks = taps.isEmpty() ? ForwardHooks.NONE : watch;
    return new Said(network.forward(weights, tokens, hooks), watch.found);
  }

  /** Keeps what is looked at. */
  private static final class Watch implements ForwardHooks {
    private final Set<Tap> taps;
    private final Map<Tap, NDArray> found = new LinkedHashMap<>();
    private int current;

    Watch(Set<Tap> taps) {
      this.taps = taps;
    }

    @Override
    public NDArray entering(int layer, NDArray state) {
      current = layer;
      return state;
    }

    @Override
    public NDArray attention(String axis, NDArray scores) {
      return kept(Tap.attention(current), scores);
    }

    @Override
    public NDArray leaving(int layer, NDArray state) {
      return kept(Tap.state(layer), state);
    }

    private NDArray kept(Tap tap, NDArray array) {
      if (taps.contains(tap)) {
        found.put(tap, array);
      }
      return array;
    }
  }
}
