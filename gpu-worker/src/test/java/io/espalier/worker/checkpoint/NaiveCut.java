package io.espalier.worker.checkpoint;

import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.TensorSpec;
import java.nio.ByteBuffer;
import java.util.stream.IntStream;

/** Index selection as its definition reads: one element after the other. */
public final class NaiveCut {
  private NaiveCut() {}

  public static TensorData cut(TensorData source, TensorSpec spec, Kept kept) {
    int[][] indices =
        spec.dimensions().stream().map(dimension -> indices(dimension, kept)).toArray(int[][]::new);
    long[] shape = IntStream.range(0, indices.length).mapToLong(d -> indices[d].length).toArray();
    int elementBytes = source.dtype().bits() / 8;
    var bytes = ByteBuffer.allocate((int) source.dtype().bytes(shape));
    int[] at = new int[shape.length];
    for (int element = 0; element < bytes.capacity() / elementBytes; element++) {
      int from = 0;
      for (int d = 0; d < shape.length; d++) {
        from = from * (int) source.shape()[d] + indices[d][at[d]];
      }
      for (int b = 0; b < elementBytes; b++) {
        bytes.put(element * elementBytes + b, source.bytes().get(from * elementBytes + b));
      }
      for (int d = shape.length - 1; d >= 0 && ++at[d] == shape[d]; d--) {
        at[d] = 0;
      }
    }
    return new TensorData(source.dtype(), shape, bytes);
  }

  private static int[] indices(Dimension dimension, Kept kept) {
    if (dimension instanceof Dimension.Along along && kept.of(along.axis()).isPresent()) {
      int[] units = kept.of(along.axis()).get();
      int block = along.indicesPerUnit();
      return IntStream.range(0, units.length * block)
          .map(i -> units[i / block] * block + i % block)
          .toArray();
    }
    return IntStream.range(0, dimension.size()).toArray();
  }
}
