package io.espalier.worker.algorithm.reconstruct;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.model.family.LayerHooks;
import io.espalier.worker.tensor.SpillingArrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;

/** Outputs of the settled layers of one section for each batch, so that none is computed twice. */
final class SectionMemory {
  private final SpillingArrays arrays;
  private final int firstSlot;
  private final int batches;
  private final Map<String, Integer> layers = new HashMap<>();
  private final Map<Integer, String> known = new HashMap<>();

  /**
   * A memory of no layer.
   *
   * @param arrays keeps what they said
   * @param firstSlot from which on no slot is used for anything else
   */
  SectionMemory(SpillingArrays arrays, int firstSlot, int batches) {
    this.arrays = arrays;
    this.firstSlot = firstSlot;
    this.batches = batches;
  }

  /** Returns the memory of one batch, which watches a pass. */
  Batch of(int batch) {
    return new Batch(batch);
  }

  /** Forgets everything. */
  void clear() {
    known.keySet().forEach(arrays::remove);
    known.clear();
    layers.clear();
  }

  /** Outputs of layers for one batch. */
  final class Batch implements LayerHooks {
    private final int batch;

    private Batch(int batch) {
      this.batch = batch;
    }

    /** Returns what a layer said, or else what it says now, which is kept. */
    NDArray said(String module, Supplier<NDArray> computed) {
      int layer = layers.computeIfAbsent(module, any -> layers.size());
      int slot = firstSlot + layer * batches + batch;
      if (known.putIfAbsent(slot, module) == null) {
        arrays.put(slot, computed.get());
      }
      return arrays.get(slot);
    }

    /** Returns what is known, or else computes it and does not keep it, as the last pass does. */
    @Override
    public NDArray said(String module, NDArray x, int padding, Supplier<NDArray> computed) {
      Integer layer = layers.get(module);
      int slot = layer == null ? -1 : firstSlot + layer * batches + batch;
      return known.containsKey(slot) ? arrays.get(slot) : computed.get();
    }
  }
}
