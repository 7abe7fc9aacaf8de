package io.espalier.worker.algorithm.distill;

import io.espalier.worker.domain.WorkerException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records in a file, of any length each, read by their number; written whole or not at all, and
 * opened with distrust: what is damaged or was written for something else is not taken.
 *
 * <p>Safe for several threads. Reads ask for a position, not for a mapped page, so that a file that
 * somebody cuts short is an error and not the end of the process.
 */
final class RecordFile implements AutoCloseable {
  /*
   * label's length, label, records, for each the position behind it, number of records, checksum of
   * all before; numbers little-endian
   */
  private static final Logger LOGGER = LoggerFactory.getLogger(RecordFile.class);
  private static final int END = Integer.BYTES + Long.BYTES;
  private static final int PIECE = 1 << 20;

  private final Path file;
  private final FileChannel channel;
  private final long[] ends;

  private RecordFile(Path file, FileChannel channel, long[] ends) {
    this.file = file;
    this.channel = channel;
    this.ends = ends;
  }

  /** Takes records, first to last. */
  @FunctionalInterface
  interface Sink {
    /** Takes the rest of a buffer as the next record. */
    void add(ByteBuffer record);
  }

  /** Gives all records away, first to last. */
  @FunctionalInterface
  interface Source {
    /** Gives them to a sink. */
    void into(Sink sink);
  }

  /**
   * Writes records in place of what is there.
   *
   * @param label says what they are
   * @throws WorkerException if they cannot be written, which another attempt may
   */
  static void write(Path file, String label, Source source) {
    Path sibling = file.resolveSibling(file.getFileName() + ".new");
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      try (var writer = new Writer(sibling)) {
        writer.begin(label);
        source.into(writer::add);
        writer.end();
      }
      Files.move(
          sibling, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new WorkerException(
          "cannot write %s: %s; check the disk's free space".formatted(file, e), true, e);
    }
  }

  /** Returns the records of a label; empty if there is no such file, or it is damaged. */
  static Optional<RecordFile> open(Path file, String label) {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try {
      FileChannel channel = FileChannel.open(file);
      try {
        RecordFile found = new RecordFile(file, channel, checked(channel, label));
        return Optional.of(found);
      } catch (IOException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      LOGGER.warn("refused a file of records; file={} problem={}", file, e.toString());
      return Optional.empty();
    }
  }

  /** Number of records. */
  int size() {
    return ends.length - 1;
  }

  /**
   * A record, in a buffer of its own.
   *
   * @throws WorkerException if the file is shorter than it was
   */
  ByteBuffer read(int index) {
    ByteBuffer record = buffer(Math.toIntExact(ends[index + 1] - ends[index]));
    try {
      fill(channel, ends[index], record);
    } catch (IOException e) {
      throw new WorkerException(
          "cannot read record %d of %s: %s".formatted(index, file, e), true, e);
    }
    return record;
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new WorkerException("cannot close %s: %s".formatted(file, e), true, e);
    }
  }

  private static long[] checked(FileChannel channel, String label) throws IOException {
    byte[] name = label.getBytes(StandardCharsets.UTF_8);
    long size = channel.size();
    long begin = (long) Integer.BYTES + name.length;
    if (size < begin + END) {
      throw new IOException("%d bytes are too few".formatted(size));
    }
    ByteBuffer head = buffer((int) begin);
    fill(channel, 0, head);
    if (head.getInt() != name.length
        || !StandardCharsets.UTF_8.decode(head).toString().equals(label)) {
      throw new IOException("it was written for something else");
    }
    ByteBuffer end = buffer(END);
    fill(channel, size - END, end);
    int records = end.getInt();
    long index = size - END - (long) Long.BYTES * records;
    if (records < 0 || index < begin || end.getLong() != checksum(channel, size - Long.BYTES)) {
      throw new IOException("it is damaged");
    }
    ByteBuffer positions = buffer(Math.multiplyExact(Long.BYTES, records));
    fill(channel, index, positions);
    var ends = new long[records + 1];
    ends[0] = begin;
    positions.asLongBuffer().get(ends, 1, records);
    return ends;
  }

  private static long checksum(FileChannel channel, long end) throws IOException {
    var sum = new CRC32C();
    ByteBuffer piece = buffer(PIECE);
    for (long at = 0; at < end; at += piece.limit()) {
      piece.clear().limit((int) Math.min(PIECE, end - at));
      fill(channel, at, piece);
      sum.update(piece);
    }
    return sum.getValue();
  }

  /** Fills the rest of a buffer, which is ready to be read then. */
  private static void fill(FileChannel channel, long from, ByteBuffer into) throws IOException {
    for (long at = from; into.hasRemaining(); ) {
      int count = channel.read(into, at);
      if (count < 0) {
        throw new IOException("the file ends at byte %d".formatted(at));
      }
      at += count;
    }
    into.flip();
  }

  static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Writes a file from its beginning to its end. */
  private static final class Writer implements AutoCloseable {
    private final FileChannel channel;
    private final CRC32C sum = new CRC32C();
    private final List<Long> ends = new ArrayList<>();

    Writer(Path file) throws IOException {
      channel =
          FileChannel.open(
              file,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE);
    }

    void begin(String label) throws IOException {
      byte[] name = label.getBytes(StandardCharsets.UTF_8);
      put(buffer(Integer.BYTES + name.length).putInt(name.length).put(name).flip());
    }

    void add(ByteBuffer record) {
      try {
        put(record);
        ends.add(channel.position());
      } catch (IOException e) {
        throw new WorkerException(
            "cannot write record %d: %s; check the disk's free space".formatted(ends.size(), e),
            true,
            e);
      }
    }

    void end() throws IOException {
      ByteBuffer index = buffer(Long.BYTES * ends.size() + Integer.BYTES);
      ends.forEach(index::putLong);
      put(index.putInt(ends.size()).flip());
      put(buffer(Long.BYTES).putLong(sum.getValue()).flip());
      channel.force(true);
    }

    private void put(ByteBuffer bytes) throws IOException {
      sum.update(bytes.duplicate());
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
