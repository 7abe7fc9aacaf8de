package io.espalier.worker.checkpoint.surgery;

import io.espalier.worker.checkpoint.file.Digesting;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;

/**
 * Collects scattered bytes of a file into a sink, in ascending order.
 *
 * <p>It reads with positioned reads rather than from a mapping: pages of a mapping count as the
 * process's own until the collector happens to unmap it, so memory would grow with the model, and a
 * file that shrinks meanwhile would kill the process.
 */
final class Gather {
  /** Runs from this size on are read on their own; shorter ones by way of the window. */
  private static final int LONG_RUN = 4096;

  private static final int WINDOW_BYTES = 1 << 20;

  private final ByteBuffer window;
  private final FileChannel in;
  private final Digesting.Sink sink;

  /** Start of the window in the file. */
  private long windowStart;

  /** What has been asked for, but not been copied, since its neighbour may be asked for next. */
  private long pendingStart;

  private long pendingEnd;

  /** Collects from a file by way of a {@link #newWindow window}, which one at a time may use. */
  Gather(FileChannel in, Digesting.Sink sink, ByteBuffer window) {
    this.in = in;
    this.sink = sink;
    this.window = window.limit(0);
  }

  static ByteBuffer newWindow() {
    return ByteBuffer.allocateDirect(WINDOW_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Takes a run of bytes of the file. */
  void take(long position, long bytes) throws IOException {
    if (position != pendingEnd) {
      flush();
      pendingStart = position;
    }
    pendingEnd = position + bytes;
  }

  /** Returns whether elements of so many bits can be taken one by one. */
  static boolean isElement(int bits) {
    return bits == Byte.SIZE || bits == Short.SIZE || bits == Integer.SIZE || bits == Long.SIZE;
  }

  /**
   * Takes single elements of an array in the file.
   *
   * @param position where the array begins
   * @param bytes bytes of an element
   * @param indices those that are taken, ascending
   */
  void takeEach(long position, int bytes, int[] indices) throws IOException {
    long begin = (long) indices[0] * bytes;
    long end = (indices[indices.length - 1] + 1L) * bytes;
    if (end - begin > WINDOW_BYTES || end > Integer.MAX_VALUE - WINDOW_BYTES) {
      for (int index : indices) {
        take(position + (long) index * bytes, bytes);
      }
      return;
    }
    flush();
    show(position + begin, (int) (end - begin));
    copyEach(Math.toIntExact(position - windowStart), bytes, indices);
  }

  /** One loop for each size: a call for each element would take longer than the element. */
  private void copyEach(int base, int bytes, int[] indices) throws IOException {
    ByteBuffer room = sink.room(indices.length * bytes);
    switch (bytes) {
      case Byte.BYTES -> {
        for (int index : indices) {
          room.put(window.get(base + index));
        }
      }
      case Short.BYTES -> {
        for (int index : indices) {
          room.putShort(window.getShort(base + index * Short.BYTES));
        }
      }
      case Integer.BYTES -> {
        for (int index : indices) {
          room.putInt(window.getInt(base + index * Integer.BYTES));
        }
      }
      default -> {
        for (int index : indices) {
          room.putLong(window.getLong(base + index * Long.BYTES));
        }
      }
    }
  }

  /** Copies what has been taken. */
  void flush() throws IOException {
    long bytes = pendingEnd - pendingStart;
    if (bytes >= LONG_RUN) {
      copyLong(pendingStart, pendingEnd);
    } else if (bytes > 0) {
      copyShort(pendingStart, (int) bytes);
    }
    pendingStart = pendingEnd;
  }

  private void copyLong(long start, long end) throws IOException {
    for (long position = start; position < end; ) {
      ByteBuffer room = sink.room(1);
      int limit = room.limit();
      room.limit((int) Math.min(limit, room.position() + (end - position)));
      int read = in.read(room, position);
      room.limit(limit);
      if (read < 0) {
        throw new EOFException("the file ends at %d, wanted %d".formatted(position, end));
      }
      position += read;
    }
  }

  private void copyShort(long start, int bytes) throws IOException {
    show(start, bytes);
    ByteBuffer room = sink.room(bytes);
    int from = (int) (start - windowStart);
    // A few bytes cost more as a call than as a value.
    switch (bytes) {
      case Short.BYTES -> room.putShort(window.getShort(from));
      case Integer.BYTES -> room.putInt(window.getInt(from));
      case Long.BYTES -> room.putLong(window.getLong(from));
      default -> {
        room.put(room.position(), window, from, bytes);
        room.position(room.position() + bytes);
      }
    }
  }

  /** Moves the window to where these bytes are in it. */
  private void show(long start, int wanted) throws IOException {
    if (start >= windowStart && start + wanted <= windowStart + window.limit()) {
      return;
    }
    window.clear();
    windowStart = start;
    while (window.position() < wanted) {
      if (in.read(window, start + window.position()) < 0) {
        throw new EOFException("the file ends before %d".formatted(start + wanted));
      }
    }
    window.flip();
  }
}
