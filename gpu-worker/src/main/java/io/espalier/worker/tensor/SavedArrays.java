package io.espalier.worker.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.espalier.worker.domain.WorkerException;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.function.IntFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Float32 arrays in a file, for a later process that goes on with them; written whole or not at
 * all, and read with distrust. For the machine that wrote it: numbers are in its order of bytes.
 */
public final class SavedArrays {
  private static final Logger LOGGER = LoggerFactory.getLogger(SavedArrays.class);
  private static final int MOST_DIMENSIONS = 8;

  /** Takes an array of a slot, in the open scope. */
  @FunctionalInterface
  public interface Sink {
    /** Takes one. */
    void take(int slot, NDArray array);
  }

  private SavedArrays() {}

  /**
   * Writes arrays in place of what is there.
   *
   * @param label says what they are
   * @param arrays by slot, from 0
   * @throws WorkerException if they cannot be written, which another attempt may
   */
  public static void write(Path file, String label, int count, IntFunction<NDArray> arrays) {
    Path sibling = file.resolveSibling(file.getFileName() + ".new");
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      try (FileChannel channel =
          FileChannel.open(
              sibling,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        var out = new DataOutputStream(Channels.newOutputStream(channel));
        out.writeUTF(label);
        out.writeInt(count);
        for (int slot = 0; slot < count; slot++) {
          try (var scope = new NDScope()) {
            scope.suppressNotUsedWarning();
            write(arrays.apply(slot), out, channel);
          }
        }
      }
      Files.move(
          sibling, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new WorkerException("cannot write %s: %s".formatted(file, e), true, e);
    }
  }

  private static void write(NDArray array, DataOutputStream out, FileChannel channel)
      throws IOException {
    long[] shape = array.getShape().getShape();
    out.writeInt(shape.length);
    for (long size : shape) {
      out.writeLong(size);
    }
    out.flush();
    Tensors.forEachPiece(
        array,
        piece -> {
          while (piece.hasRemaining()) {
            channel.write(piece);
          }
        });
  }

  /** Returns what a file is said to hold; empty if there is none that can be read. */
  public static Optional<String> label(Path file) {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try (var in = new DataInputStream(Files.newInputStream(file))) {
      return Optional.of(in.readUTF());
    } catch (IOException e) {
      LOGGER.warn("refused an unreadable file; file={} problem={}", file, e.toString());
      return Optional.empty();
    }
  }

  /**
   * Reads arrays.
   *
   * @param count how many there must be
   * @param sink takes each
   * @return whether all were there; if not, some may have been taken
   */
  public static boolean read(Path file, int count, NDManager manager, Sink sink) {
    try (FileChannel channel = FileChannel.open(file)) {
      var in = new DataInputStream(Channels.newInputStream(channel));
      in.readUTF();
      boolean fits = in.readInt() == count;
      for (int slot = 0; fits && slot < count; slot++) {
        try (var scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          Shape shape = shape(in, channel);
          sink.take(
              slot,
              Tensors.filled(
                  manager, shape, DataType.FLOAT32, (from, into) -> fill(channel, into)));
        }
      }
      return fits && channel.position() == channel.size();
    } catch (IOException | IllegalArgumentException | ArithmeticException e) {
      LOGGER.warn("refused an unreadable file; file={} problem={}", file, e.toString());
      return false;
    }
  }

  private static Shape shape(DataInputStream in, FileChannel channel) throws IOException {
    int dimensions = in.readInt();
    if (dimensions < 0 || dimensions > MOST_DIMENSIONS) {
      throw new IllegalArgumentException("%d dimensions".formatted(dimensions));
    }
    long[] shape = new long[dimensions];
    long bytes = Float.BYTES;
    for (int i = 0; i < dimensions; i++) {
      shape[i] = in.readLong();
      bytes = shape[i] < 1 ? Long.MAX_VALUE : Math.multiplyExact(bytes, shape[i]);
    }
    if (bytes > channel.size() - channel.position()) {
      throw new IllegalArgumentException("an array is larger than the file");
    }
    return new Shape(shape);
  }

  private static void fill(FileChannel channel, ByteBuffer into) {
    try {
      while (into.hasRemaining()) {
        if (channel.read(into) < 0) {
          throw new IllegalArgumentException("the file ends early");
        }
      }
    } catch (IOException e) {
      throw new IllegalArgumentException(e.toString(), e);
    }
  }
}
