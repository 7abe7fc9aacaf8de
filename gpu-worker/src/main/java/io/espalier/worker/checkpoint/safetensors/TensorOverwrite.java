package io.espalier.worker.checkpoint.safetensors;

import io.espalier.worker.checkpoint.file.Failures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * Tensors of a model's files that are written over where they lie, so that nothing else of the
 * files is touched or read. For files that nobody reads yet.
 */
public final class TensorOverwrite {
  private TensorOverwrite() {}

  /**
   * Writes a tensor over one of a file, or over some of its outermost rows.
   *
   * @param target the file
   * @param name what it calls the tensor
   * @param data of the same type, and of the same shape but for rows
   * @param firstRow the first row that is written over
   * @throws IllegalArgumentException if the file has no such rows
   * @throws io.espalier.worker.domain.WorkerException if it cannot be written
   */
  public static void write(SafetensorsFile target, String name, TensorData data, long firstRow) {
    SafetensorsHeader.Place place = target.place(name);
    requireRows(target, place.header(), data, firstRow);
    long rowBytes = place.header().bytes() / place.header().shape()[0];
    Path file = target.path();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      long at = target.header().dataStart() + place.offset() + firstRow * rowBytes;
      for (ByteBuffer bytes = data.bytes(); bytes.hasRemaining(); ) {
        at += channel.write(bytes, at);
      }
    } catch (IOException e) {
      throw Failures.writing(file, e);
    }
  }

  private static void requireRows(
      SafetensorsFile target, TensorHeader found, TensorData data, long firstRow) {
    long[] inner = found.shape();
    long rows = inner[0];
    inner[0] = data.shape()[0];
    if (found.dtype() != data.dtype()
        || !Arrays.equals(inner, data.shape())
        || firstRow + inner[0] > rows) {
      throw new IllegalArgumentException(
          "%s has %s, but %s%s were to be written over it from row %d on"
              .formatted(
                  target.path(), found, data.dtype(), Arrays.toString(data.shape()), firstRow));
    }
  }
}
