package io.espalier.worker.checkpoint.safetensors;

import io.espalier.worker.checkpoint.file.AtomicFile;
import io.espalier.worker.checkpoint.file.Failures;
import io.espalier.worker.checkpoint.safetensors.SafetensorsHeader.Place;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/** Writes safetensors files with the same bytes as the format's own library. */
public final class SafetensorsWriter {
  /** Metadata that all loaders of Hugging Face accept. */
  public static final Map<String, String> PYTORCH = Map.of("format", "pt");

  private SafetensorsWriter() {}

  /**
   * Writes tensors, with {@code {"format":"pt"}} as metadata. The file appears whole or not at all,
   * and replaces what was there without touching it, so that those who have it mapped keep it.
   *
   * @throws io.espalier.worker.domain.WorkerException if it cannot be written
   */
  public static void write(Path file, Map<String, TensorData> tensors) {
    write(file, tensors, PYTORCH);
  }

  /** Writes tensors with other metadata; none at all if empty. */
  public static void write(
      Path file, Map<String, TensorData> tensors, Map<String, String> metadata) {
    List<TensorHeader> headers = new ArrayList<>();
    tensors.forEach((name, data) -> headers.add(TensorHeader.of(name, data.dtype(), data.shape())));
    write(file, headers, name -> Objects.requireNonNull(tensors.get(name)), metadata);
  }

  /**
   * Writes tensors one after another, so that memory need hold only one of them at a time.
   *
   * @param headers of all of them
   * @param source the numbers of a tensor by its name; asked once for each
   */
  public static void write(
      Path file,
      Collection<TensorHeader> headers,
      Function<String, TensorData> source,
      Map<String, String> metadata) {
    SafetensorsHeader header = HeaderWriter.layout(headers, metadata);
    try {
      AtomicFile.write(file, channel -> write(channel, header, source));
    } catch (IOException e) {
      throw Failures.writing(file, e);
    }
  }

  private static void write(
      FileChannel channel, SafetensorsHeader header, Function<String, TensorData> source)
      throws IOException {
    writeFully(channel, HeaderWriter.bytes(header));
    for (Place place : header.tensors().values()) {
      writeFully(channel, source.apply(place.header().name()).bytes());
    }
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
