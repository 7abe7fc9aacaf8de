package io.espalier.worker.algorithm.reconstruct;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.model.family.LayerHooks;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Activations of the layers of a network in one pass, by their names; and what followed on what.
 * The arrays live as long as the scope of the pass.
 */
final class ActivationTrace implements LayerHooks {
  /**
   * One layer in one pass.
   *
   * @param x what it read
   * @param padding zeros on all four sides
   * @param y what it said
   */
  record Pass(NDArray x, int padding, NDArray y) {}

  private final Map<String, Pass> passes = new HashMap<>();
  private final IdentityHashMap<NDArray, String> saidBy = new IdentityHashMap<>();
  private final Map<String, String> norms = new HashMap<>();
  private final Map<String, NDArray> shortcuts = new HashMap<>();

  @Override
  public void layer(String module, NDArray x, int padding, NDArray y) {
    passes.put(module, new Pass(x, padding, y));
    saidBy.put(y, module);
  }

  @Override
  public void norm(String module, NDArray x, NDArray y) {
    String layer = saidBy.get(x);
    if (layer != null) {
      norms.put(layer, module);
      saidBy.put(y, layer);
    }
  }

  @Override
  public void sum(NDArray block, NDArray shortcut) {
    String layer = saidBy.get(block);
    if (layer != null) {
      shortcuts.put(layer, shortcut);
    }
  }

  /** Returns whether a layer was passed. */
  boolean has(String layer) {
    return passes.containsKey(layer);
  }

  /**
   * Returns what a layer read and said.
   *
   * @throws IllegalArgumentException if it was not passed
   */
  Pass of(String layer) {
    Pass pass = passes.get(layer);
    if (pass == null) {
      throw new IllegalArgumentException("'%s' is none of %s".formatted(layer, passes.keySet()));
    }
    return pass;
  }

  /** The BatchNorm that a layer's output goes through before anything else, if there is one. */
  Optional<String> norm(String layer) {
    return Optional.ofNullable(norms.get(layer));
  }

  /**
   * Returns what is added to a layer's output, normalised or not, before anything else; if it is.
   */
  Optional<NDArray> shortcut(String layer) {
    return Optional.ofNullable(shortcuts.get(layer));
  }
}
