package io.espalier.worker.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.checkpoint.SafetensorsHeader.Place;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Kept;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cuts a checkpoint: writes a model directory that holds, of every tensor, only the units that
 * stay.
 *
 * <p>Bytes are selected from file to file in their own type, whatever it is; memory does not depend
 * on the size of the model.
 */
public final class Surgery {
  private static final Logger LOGGER = LoggerFactory.getLogger(Surgery.class);
  private static final int ZERO_BYTES = 1 << 16;

  private final ModelDirectory from;
  private final Map<String, Cut> cuts;
  private final boolean zeroes;
  private final Path to;
  private final Digesting digesting;
  private final ByteBuffer window = Gather.newWindow();
  private final List<FileDigest> digests = new ArrayList<>();

  private Surgery(
      ModelDirectory from, Map<String, Cut> cuts, boolean zeroes, Path to, Digesting digesting) {
    this.from = from;
    this.cuts = cuts;
    this.zeroes = zeroes;
    this.to = to;
    this.digesting = digesting;
  }

  /**
   * Cuts a model.
   *
   * <p>Shards keep their names and tensors; the index gets the new size. Other files are carried
   * over as they are, config.json too, which the caller rewrites. Weights that are not part of the
   * model (other formats, other safetensors) describe the uncut model and stay behind, as does a
   * {@code .git} folder. Each file appears whole or not at all; nothing is made durable, since
   * publishing does that.
   *
   * @param from the model
   * @param architecture its tensors, all of them
   * @param kept the units that stay
   * @param to directory for the result; it is made, and files of its own are not replaced
   * @return the files written, with digests that were computed while writing
   * @throws io.espalier.worker.domain.InvalidInputException if the tensors are not those of the
   *     architecture, or the choice names unknown axes or units, or cuts a frozen axis
   * @throws io.espalier.worker.domain.WorkerException if a file cannot be read or written
   */
  public static Manifest cut(ModelDirectory from, Architecture architecture, Kept kept, Path to) {
    return run(from, architecture, kept, false, to);
  }

  /**
   * The same, but what would go is zero instead: shapes stay as they are. Zero is what bytes of
   * zeros mean in every type of number.
   */
  public static Manifest zero(ModelDirectory from, Architecture architecture, Kept kept, Path to) {
    return run(from, architecture, kept, true, to);
  }

  private static Manifest run(
      ModelDirectory from, Architecture architecture, Kept kept, boolean zeroes, Path to) {
    Map<String, Cut> cuts = CutPlan.of(from, architecture, kept);
    try (var digesting = new Digesting()) {
      return new Surgery(from, cuts, zeroes, to, digesting).run();
    } catch (IOException e) {
      throw Failures.writing(to, e);
    }
  }

  /**
   * Bytes of the headers that {@link #cut} gives the files of a model if nothing is cut; of the
   * safetensors alone. They need not be those that the files have, since headers are written anew.
   * If something is cut they do not grow: no number in them does.
   */
  public static long headerBytes(ModelDirectory model) {
    return model.shards().values().stream()
        .map(shard -> layout(shard, TensorHeader::shape))
        .mapToLong(SafetensorsHeader::dataStart)
        .sum();
  }

  private Manifest run() throws IOException {
    Files.createDirectories(to);
    long dataBytes = 0;
    long elements = 0;
    for (Map.Entry<String, SafetensorsFile> shard : from.shards().entrySet()) {
      SafetensorsHeader header =
          layout(shard.getValue(), tensor -> zeroes ? tensor.shape() : cut(tensor.name()).shape());
      writeShard(shard.getKey(), shard.getValue(), header);
      dataBytes += header.dataBytes();
      elements += header.elements();
    }
    carryOver();
    writeIndex(dataBytes, elements);
    return new Manifest(digests);
  }

  /** What a shard is written as if its tensors have these shapes. */
  private static SafetensorsHeader layout(
      SafetensorsFile shard, Function<TensorHeader, long[]> shape) {
    List<TensorHeader> headers =
        shard.tensors().values().stream()
            .map(tensor -> TensorHeader.of(tensor.name(), tensor.dtype(), shape.apply(tensor)))
            .toList();
    var metadata = new LinkedHashMap<>(shard.metadata());
    SafetensorsWriter.PYTORCH.forEach(metadata::putIfAbsent);
    return HeaderWriter.layout(headers, metadata);
  }

  private void writeShard(String name, SafetensorsFile shard, SafetensorsHeader header)
      throws IOException {
    try (FileChannel in = FileChannel.open(shard.path())) {
      shard.requireUnchanged(in.size());
      write(
          name,
          sink -> {
            sink.put(HeaderWriter.bytes(header));
            var gather = new Gather(in, sink, window);
            for (String tensor : header.tensors().keySet()) {
              Place place = shard.place(tensor);
              long start = shard.header().dataStart() + place.offset();
              if (zeroes) {
                takeOrZero(gather, sink, tensor, start, place.header().bytes());
              } else {
                cut(tensor).forEachRun((offset, bytes) -> gather.take(start + offset, bytes));
              }
            }
            gather.flush();
          });
    }
  }

  /** A tensor of which the bytes that are not kept become zeros. */
  private void takeOrZero(
      Gather gather, Digesting.Sink sink, String tensor, long start, long length)
      throws IOException {
    long[] done = {0};
    cut(tensor)
        .forEachRun(
            (offset, bytes) -> {
              putZeros(gather, sink, offset - done[0]);
              gather.take(start + offset, bytes);
              done[0] = offset + bytes;
            });
    putZeros(gather, sink, length - done[0]);
  }

  private static void putZeros(Gather gather, Digesting.Sink sink, long bytes) throws IOException {
    if (bytes > 0) {
      gather.flush();
    }
    for (long left = bytes; left > 0; left -= ZERO_BYTES) {
      sink.put(ByteBuffer.allocate((int) Math.min(left, ZERO_BYTES)));
    }
  }

  private void carryOver() throws IOException {
    for (Map.Entry<String, Path> file : from.tree().files().entrySet()) {
      String name = file.getKey();
      if (from.shards().containsKey(name) || name.equals(ShardIndex.FILE)) {
        continue;
      }
      if (Manifest.REPORTS.contains(name)
          || WeightFiles.isForeign(name)
          || name.endsWith(WeightFiles.SAFETENSORS)
          || name.startsWith(".git/")) {
        LOGGER.warn("Left behind, since it is not part of the cut model: file={}", name);
        continue;
      }
      try (FileChannel in = FileChannel.open(file.getValue())) {
        write(name, sink -> sink.putAll(in));
      }
    }
  }

  private void writeIndex(long dataBytes, long elements) throws IOException {
    if (from.index().isEmpty()) {
      return;
    }
    ObjectNode json = from.index().get().json().deepCopy();
    ObjectNode metadata = json.withObject("/metadata");
    metadata.put("total_size", dataBytes);
    if (metadata.has("total_parameters")) {
      metadata.put("total_parameters", elements);
    }
    write(ShardIndex.FILE, sink -> sink.put(StrictJson.bytes(json)));
  }

  private void write(String name, Content content) throws IOException {
    Path file = to.resolve(name);
    Files.createDirectories(Objects.requireNonNull(file.getParent()));
    Path sibling = AtomicFile.sibling(file);
    try {
      try (FileChannel out =
          FileChannel.open(sibling, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        Digesting.Sink sink = digesting.sink(out);
        content.writeTo(sink);
        digests.add(sink.finish(name));
      }
      if (Files.exists(file)) {
        throw new FileAlreadyExistsException(file.toString());
      }
      Files.move(sibling, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(sibling);
    }
  }

  private Cut cut(String tensor) {
    return Objects.requireNonNull(cuts.get(tensor), tensor);
  }

  @FunctionalInterface
  private interface Content {
    void writeTo(Digesting.Sink sink) throws IOException;
  }
}
