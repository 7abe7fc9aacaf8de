package io.espalier.worker.checkpoint.surgery;

import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.surgery.Selection.Run;
import io.espalier.worker.domain.model.TensorSpec;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Bytes of one tensor that stay, in the order in which they are stored.
 *
 * <p>Indices ascend in every dimension, so the bytes are found by going through the tensor once,
 * and everything inside the last dimension that is cut stays together.
 */
final class Cut {
  /** Elements are taken one by one if fewer neighbours than these stay together on average. */
  private static final int FEW = 32;

  private final DType dtype;
  private final List<Selection> selections;
  private final int lastCut;
  private final long[] strideBits;
  private final boolean scattered;

  private Cut(DType dtype, List<Selection> selections) {
    this.dtype = dtype;
    this.selections = selections;
    this.lastCut =
        IntStream.range(0, selections.size())
            .filter(d -> !selections.get(d).isWhole())
            .reduce(-1, (first, second) -> second);
    this.strideBits = new long[selections.size()];
    long stride = dtype.bits();
    for (int d = selections.size() - 1; d >= 0; d--) {
      strideBits[d] = stride;
      stride = Math.multiplyExact(stride, (long) selections.get(d).size());
    }
    this.scattered = lastCut >= 0 && isScattered();
  }

  /** Takes the bytes that stay. */
  @FunctionalInterface
  interface Runs {
    /** {@code bytes} bytes from {@code offset} of the tensor; offsets ascend. */
    void keep(long offset, long bytes) throws IOException;

    /**
     * Elements of so many bytes, of those from {@code offset} on that these indices have.
     *
     * @param indices ascend; not to be changed
     */
    default void keepEach(long offset, int bytes, int[] indices) throws IOException {
      for (int index : indices) {
        keep(offset + (long) index * bytes, bytes);
      }
    }
  }

  static Cut of(TensorSpec tensor, DType dtype, Selection.Choice choice) {
    return new Cut(dtype, tensor.dimensions().stream().map(choice::of).toList());
  }

  private boolean isScattered() {
    Selection selection = selections.get(lastCut);
    return strideBits[lastCut] == dtype.bits()
        && Gather.isElement(dtype.bits())
        && selection.kept() < (long) FEW * selection.runs().size();
  }

  /** The shape that is left. */
  long[] shape() {
    return selections.stream().mapToLong(Selection::kept).toArray();
  }

  /**
   * Returns whether every run begins and ends with a byte, which only types below 8 bits can fail.
   */
  boolean isWholeBytes() {
    if (lastCut < 0 || dtype.bits() % Byte.SIZE == 0) {
      return true;
    }
    long stride = strideBits[lastCut];
    boolean rows = lastCut == 0 || stride * selections.get(lastCut).size() % Byte.SIZE == 0;
    return rows
        && selections.get(lastCut).runs().stream()
            .allMatch(run -> run.first() * stride % 8 == 0 && run.count() * stride % 8 == 0);
  }

  /** Goes through the bytes that stay. */
  void forEachRun(Runs runs) throws IOException {
    long[] all = selections.stream().mapToLong(Selection::size).toArray();
    if (lastCut < 0) {
      runs.keep(0, dtype.bytes(all));
    } else if (Arrays.stream(all).noneMatch(size -> size == 0)) {
      descend(0, 0, runs);
    }
  }

  private void descend(int dimension, long offsetBits, Runs runs) throws IOException {
    long stride = strideBits[dimension];
    Selection selection = selections.get(dimension);
    if (dimension == lastCut) {
      if (scattered) {
        runs.keepEach(offsetBits / 8, (int) stride / 8, selection.indices());
        return;
      }
      for (Run run : selection.runs()) {
        runs.keep((offsetBits + run.first() * stride) / 8, run.count() * stride / 8);
      }
      return;
    }
    for (Run run : selection.runs()) {
      for (int i = 0; i < run.count(); i++) {
        descend(dimension + 1, offsetBits + (run.first() + i) * stride, runs);
      }
    }
  }
}
