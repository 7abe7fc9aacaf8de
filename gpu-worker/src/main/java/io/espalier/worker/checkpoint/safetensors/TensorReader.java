package io.espalier.worker.checkpoint.safetensors;

import io.espalier.worker.checkpoint.file.Failures;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.WorkerException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Reads the numbers of one tensor stretch by stretch, wherever they are wanted.
 *
 * <p>A mapped file counts as memory of the process until Java collects the mapping, which nothing
 * makes it do; what is read is only where it was read to.
 */
public final class TensorReader implements AutoCloseable {
  /** Bytes that are compared at once. */
  private static final int COMPARED = 1 << 20;

  private final Path file;
  private final FileChannel channel;
  private final TensorHeader tensor;
  private final long start;

  private TensorReader(Path file, FileChannel channel, TensorHeader tensor, long start) {
    this.file = file;
    this.channel = channel;
    this.tensor = tensor;
    this.start = start;
  }

  static TensorReader open(SafetensorsFile file, SafetensorsHeader.Place place) {
    try {
      FileChannel channel = FileChannel.open(file.path());
      try {
        file.requireUnchanged(channel.size());
        long start = file.header().dataStart() + place.offset();
        return new TensorReader(file.path(), channel, place.header(), start);
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw Failures.reading(file.path(), e);
    }
  }

  /** The tensor's type and sizes. */
  public TensorHeader tensor() {
    return tensor;
  }

  /** Returns whether another tensor has the same bytes, shape and type. */
  public boolean holdsTheSame(TensorReader other) {
    if (tensor.dtype() != other.tensor.dtype()
        || !Arrays.equals(tensor.shape(), other.tensor.shape())) {
      return false;
    }
    ByteBuffer mine = ByteBuffer.allocate((int) Math.min(COMPARED, tensor.bytes()));
    ByteBuffer others = ByteBuffer.allocate(mine.capacity());
    for (long at = 0; at < tensor.bytes(); at += mine.limit()) {
      int size = (int) Math.min(COMPARED, tensor.bytes() - at);
      read(at, mine.clear().limit(size));
      other.read(at, others.clear().limit(size));
      if (!mine.flip().equals(others.flip())) {
        return false;
      }
    }
    return true;
  }

  /**
   * Fills a buffer with the tensor's bytes, row-major and little-endian.
   *
   * @param offset of the first of them in the tensor
   * @param into is filled up to its limit
   * @throws InvalidInputException if the file has become shorter
   * @throws WorkerException if it cannot be read
   */
  public void read(long offset, ByteBuffer into) {
    if (offset < 0 || offset + into.remaining() > tensor.bytes()) {
      throw new IllegalArgumentException(
          "%d bytes from byte %d on were asked for of a tensor of %d"
              .formatted(into.remaining(), offset, tensor.bytes()));
    }
    long at = start + offset;
    try {
      while (into.hasRemaining()) {
        int count = channel.read(into, at);
        if (count < 0) {
          throw new InvalidInputException(
              "%s: ends at byte %d, but was longer when it was opened; is it being written?"
                  .formatted(file, at));
        }
        at += count;
      }
    } catch (IOException e) {
      throw Failures.reading(file, e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw Failures.reading(file, e);
    }
  }
}
