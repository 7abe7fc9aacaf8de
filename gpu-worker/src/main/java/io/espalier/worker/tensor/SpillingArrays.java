package io.espalier.worker.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.espalier.worker.domain.WorkerException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Float32 arrays kept for later, each in a numbered slot: in memory up to a bound, beyond it in a
 * file.
 *
 * <p>Which arrays are in the file does not change what comes out: feature maps (batch, channels, h,
 * w) come back with the channels of a point side by side in memory, where a processor's layers pass
 * them on so, and otherwise the last axis is the innermost one. The file is made when it is first
 * needed and has no name from then on, so that nothing is left of it even if this process is
 * killed. Safe for several threads.
 */
public final class SpillingArrays implements AutoCloseable {
  private sealed interface Slot {
    /** Bytes that it takes of the memory. */
    long memory();
  }

  private record InMemory(NDArray array) implements Slot {
    @Override
    public long memory() {
      return bytes(array.getShape());
    }
  }

  private record InFile(Shape shape, long offset) implements Slot {
    @Override
    public long memory() {
      return 0;
    }
  }

  private final NDManager manager;
  private final long memoryBytes;
  private final Path directory;
  private final Map<Integer, Slot> slots = new HashMap<>();
  private @Nullable FileChannel channel;
  private final Stretches stretches = new Stretches();
  private long used;

  /**
   * An empty store.
   *
   * @param memoryBytes bound of the arrays in memory together; 0 keeps all of them in the file
   * @param directory where the file with the others is made; it is made itself if need be
   */
  public SpillingArrays(long memoryBytes, Path directory) {
    this.manager = PyTorch.newManager();
    this.memoryBytes = memoryBytes;
    this.directory = directory;
  }

  /**
   * Keeps an array in place of what the slot held; the array belongs to the store from then on.
   *
   * @throws WorkerException if the file cannot be written, which another attempt may
   */
  public synchronized void put(int slot, NDArray array) {
    Slot before = slots.remove(slot);
    if (before instanceof InFile old) {
      stretches.giveBack(old.offset(), bytes(old.shape()));
    }
    used -= before == null ? 0 : before.memory();
    if (used + bytes(array.getShape()) <= memoryBytes) {
      NDScope.unregister(array);
      array.attach(manager);
      slots.put(slot, new InMemory(array));
      used += bytes(array.getShape());
    } else {
      slots.put(slot, write(array));
      array.close();
    }
    if (before instanceof InMemory old && old.array() != array) {
      old.array().close();
    }
  }

  /** Empties a slot. */
  public synchronized void remove(int slot) {
    Slot before = slots.remove(slot);
    used -= before == null ? 0 : before.memory();
    if (before instanceof InFile old) {
      stretches.giveBack(old.offset(), bytes(old.shape()));
    } else if (before instanceof InMemory old) {
      old.array().close();
    }
  }

  /** The array of a slot; it belongs to the store or, if it was in the file, to the open scope. */
  public synchronized NDArray get(int slot) {
    Slot found = slots.get(slot);
    if (found instanceof InMemory held) {
      return held.array();
    }
    if (found instanceof InFile stretch) {
      return read(stretch);
    }
    throw new IllegalArgumentException("nothing was put into slot %d".formatted(slot));
  }

  /**
   * One of the outermost rows of the array of a slot, in the open scope: (1, …). Others are not
   * read.
   */
  public synchronized NDArray get(int slot, int row) {
    if (slots.get(slot) instanceof InFile whole) {
      Objects.checkIndex(row, whole.shape().get(0));
      Shape one = new Shape(1).addAll(whole.shape().slice(1));
      return read(new InFile(one, whole.offset() + row * bytes(one)));
    }
    NDArray whole = get(slot);
    Objects.checkIndex(row, whole.getShape().get(0));
    return Tensors.slice(whole, 0, row, row + 1L);
  }

  /** Bytes of the arrays in memory. */
  public synchronized long memoryBytes() {
    return used;
  }

  /** Bytes of the file. */
  public synchronized long fileBytes() {
    return stretches.end();
  }

  /** Frees the arrays, the file with them. */
  @Override
  public synchronized void close() {
    manager.close();
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        throw new WorkerException(
            "cannot free the activations kept in %s: %s".formatted(directory, e), true, e);
      }
    }
  }

  private static long bytes(Shape shape) {
    return shape.size() * Float.BYTES;
  }

  private InFile write(NDArray array) {
    var stretch = new InFile(array.getShape(), stretches.take(bytes(array.getShape())));
    long[] at = {stretch.offset()};
    try {
      Tensors.forEachPiece(
          featureMaps(array.getShape()) ? Tensors.channelsLast(array) : array,
          piece -> {
            while (piece.hasRemaining()) {
              at[0] += open().write(piece, at[0]);
            }
          });
      open().truncate(stretches.end());
    } catch (IOException e) {
      throw new WorkerException(
          "cannot keep %d bytes of activations in %s: %s; check the disk's free space, or allow more of them in memory"
              .formatted(bytes(stretch.shape()), directory, e),
          true,
          e);
    }
    return stretch;
  }

  private NDArray read(InFile stretch) {
    Shape shape = stretch.shape();
    boolean maps = featureMaps(shape);
    NDArray read =
        Tensors.filled(
            manager,
            maps ? new Shape(shape.get(0), shape.get(2), shape.get(3), shape.get(1)) : shape,
            DataType.FLOAT32,
            (from, into) -> read(stretch.offset() + from * Float.BYTES, into));
    return maps ? Tensors.channelsFirst(read) : read;
  }

  private boolean featureMaps(Shape shape) {
    return shape.dimension() == 4 && !manager.getDevice().isGpu();
  }

  private void read(long offset, ByteBuffer into) {
    try {
      for (long at = offset; into.hasRemaining(); ) {
        int count = open().read(into, at);
        if (count < 0) {
          throw new IOException("the file ends at byte %d".formatted(at));
        }
        at += count;
      }
    } catch (IOException e) {
      throw new WorkerException(
          "cannot read activations back from a file in %s: %s".formatted(directory, e), true, e);
    }
  }

  private FileChannel open() throws IOException {
    if (channel == null) {
      Path file = Files.createTempFile(Files.createDirectories(directory), "activations-", ".tmp");
      channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
      Files.delete(file);
    }
    return channel;
  }
}
