package io.espalier.worker.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.function.UnaryOperator;

/**
 * Tensors of a model's files that are written over where they lie, so that nothing else of the
 * files is touched or read. For files that nobody reads yet.
 */
public final class TensorOverwrite {
  private TensorOverwrite() {}

  /**
   * Writes the tensors of one file over those of a model, or over some of their outermost rows.
   *
   * @param model its directory
   * @param source holds what is written; of the same types, and of the same shapes but for rows
   * @param names what the model calls a tensor of the source
   * @param firstRow the first row that is written over
   * @throws IllegalArgumentException if the model has no such rows
   * @throws io.espalier.worker.domain.WorkerException if it cannot be written
   */
  public static void write(
      ModelDirectory model, SafetensorsFile source, UnaryOperator<String> names, long firstRow) {
    source
        .tensors()
        .keySet()
        .forEach(name -> write(model, source.read(name), names.apply(name), firstRow));
  }

  private static void write(ModelDirectory model, TensorData data, String name, long firstRow) {
    SafetensorsFile target = model.holder(name);
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
