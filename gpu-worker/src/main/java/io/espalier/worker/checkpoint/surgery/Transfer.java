package io.espalier.worker.checkpoint.surgery;

import io.espalier.worker.checkpoint.file.Digesting;
import io.espalier.worker.checkpoint.safetensors.HeaderWriter;
import io.espalier.worker.checkpoint.safetensors.SafetensorsFile;
import io.espalier.worker.checkpoint.safetensors.TensorHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;

/**
 * Moves the bytes of tensors into a sink, out of whichever files they lie in. One file is open at a
 * time, since a model may have more of them than a process may open.
 */
final class Transfer {
  private static final int ZERO_BYTES = 1 << 16;

  private final ByteBuffer window = Gather.newWindow();
  private final boolean zeroes;
  private final ComputedTensors computed;

  /**
   * Moves what stays of tensors.
   *
   * @param zeroes whether the bytes that do not stay become zeros instead of going
   */
  Transfer(boolean zeroes) {
    this(zeroes, ComputedTensors.NONE);
  }

  /** Moves what stays of tensors, but for those that are computed. */
  Transfer(ComputedTensors computed) {
    this(false, computed);
  }

  private Transfer(boolean zeroes, ComputedTensors computed) {
    this.zeroes = zeroes;
    this.computed = computed;
  }

  /** Puts a whole file: its header and its tensors. */
  void put(Shard shard, Digesting.Sink sink) throws IOException {
    sink.put(HeaderWriter.bytes(shard.header()));
    List<Piece> pieces = shard.inOrder();
    for (int begin = 0, end = 1; begin < pieces.size(); begin = end++) {
      SafetensorsFile from = pieces.get(begin).from();
      while (end < pieces.size() && pieces.get(end).from() == from) {
        end++;
      }
      put(from, pieces.subList(begin, end), sink);
    }
  }

  private void put(SafetensorsFile from, List<Piece> pieces, Digesting.Sink sink)
      throws IOException {
    try (FileChannel in = FileChannel.open(from.path())) {
      from.requireUnchanged(in.size());
      var gather = new Gather(in, sink, window);
      for (Piece piece : pieces) {
        long start = from.header().dataStart() + from.place(piece.before()).offset();
        if (computed.computes(piece.header().name())) {
          gather.flush();
          compute(piece.header(), sink);
        } else if (zeroes) {
          takeOrZero(gather, sink, piece, start);
        } else {
          piece.cut().forEachRun(new Take(gather, start));
        }
      }
      gather.flush();
    }
  }

  private void compute(TensorHeader tensor, Digesting.Sink sink) throws IOException {
    long[] put = {0};
    computed.write(
        tensor,
        stretch -> {
          put[0] += stretch.remaining();
          sink.put(stretch);
        });
    if (put[0] != tensor.bytes()) {
      throw new IllegalStateException(
          "'%s' takes %d bytes, but %d were computed"
              .formatted(tensor.name(), tensor.bytes(), put[0]));
    }
  }

  /** Takes what stays of a tensor that begins at a place in the file. */
  private record Take(Gather gather, long start) implements Cut.Runs {
    @Override
    public void keep(long offset, long bytes) throws IOException {
      gather.take(start + offset, bytes);
    }

    @Override
    public void keepEach(long offset, int bytes, int[] indices) throws IOException {
      gather.takeEach(start + offset, bytes, indices);
    }
  }

  private static void takeOrZero(Gather gather, Digesting.Sink sink, Piece piece, long start)
      throws IOException {
    long[] done = {0};
    piece
        .cut()
        .forEachRun(
            (offset, bytes) -> {
              putZeros(gather, sink, offset - done[0]);
              gather.take(start + offset, bytes);
              done[0] = offset + bytes;
            });
    putZeros(gather, sink, piece.header().bytes() - done[0]);
  }

  private static void putZeros(Gather gather, Digesting.Sink sink, long bytes) throws IOException {
    if (bytes > 0) {
      gather.flush();
    }
    for (long left = bytes; left > 0; left -= ZERO_BYTES) {
      sink.put(ByteBuffer.allocate((int) Math.min(left, ZERO_BYTES)));
    }
  }
}
