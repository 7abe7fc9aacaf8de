package io.espalier.worker.checkpoint;

import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.TensorSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Which bytes of one tensor stay, in the order in which they are stored.
 *
 * <p>Indices ascend in every dimension, so the bytes are found by going through the tensor once,
 * and everything inside the last dimension that is cut stays together.
 */
final class Cut {
  private final DType dtype;
  private final List<Selection> selections;
  private final int lastCut;
  private final long[] strideBits;

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
  }

  /** Takes the bytes that stay. */
  @FunctionalInterface
  interface Runs {
    /** {@code bytes} bytes from {@code offset} of the tensor; offsets ascend. */
    void keep(long offset, long bytes) throws IOException;
  }

  /** Neighbouring indices. */
  private record Run(int first, int count) {}

  /** The kept indices of a dimension. */
  private record Selection(int size, Optional<List<Run>> runs) {
    boolean isWhole() {
      return runs.isEmpty();
    }

    int kept() {
      return runs.map(all -> all.stream().mapToInt(Run::count).sum()).orElse(size);
    }

    static Selection of(Dimension dimension, Kept kept) {
      return new Selection(
          dimension.size(),
          dimension.isCutBy(kept) ? Optional.of(runs(dimension.indices(kept))) : Optional.empty());
    }

    private static List<Run> runs(int[] indices) {
      var runs = new ArrayList<Run>();
      for (int begin = 0, end = 1; begin < indices.length; begin = end++) {
        while (end < indices.length && indices[end] == indices[end - 1] + 1) {
          end++;
        }
        runs.add(new Run(indices[begin], end - begin));
      }
      return List.copyOf(runs);
    }
  }

  static Cut of(TensorSpec tensor, DType dtype, Kept kept) {
    return new Cut(
        dtype,
        tensor.dimensions().stream().map(dimension -> Selection.of(dimension, kept)).toList());
  }

  /** The shape that is left. */
  long[] shape() {
    return selections.stream().mapToLong(Selection::kept).toArray();
  }

  /** Whether every run begins and ends with a byte, which only types below 8 bits can fail. */
  boolean isWholeBytes() {
    if (lastCut < 0 || dtype.bits() % Byte.SIZE == 0) {
      return true;
    }
    long stride = strideBits[lastCut];
    boolean rows = lastCut == 0 || stride * selections.get(lastCut).size() % Byte.SIZE == 0;
    return rows
        && selections.get(lastCut).runs().stream()
            .flatMap(List::stream)
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
    if (dimension == lastCut) {
      for (Run run : selections.get(dimension).runs().orElseThrow()) {
        runs.keep((offsetBits + run.first() * stride) / 8, run.count() * stride / 8);
      }
      return;
    }
    Selection selection = selections.get(dimension);
    for (Run run : selection.runs().orElse(List.of(new Run(0, selection.size())))) {
      for (int i = 0; i < run.count(); i++) {
        descend(dimension + 1, offsetBits + (run.first() + i) * stride, runs);
      }
    }
  }
}
