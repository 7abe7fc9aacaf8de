package io.espalier.worker.checkpoint.surgery;

import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.ShardIndex;
import io.espalier.worker.checkpoint.WeightFiles;
import io.espalier.worker.checkpoint.file.AtomicFile;
import io.espalier.worker.checkpoint.file.Digesting;
import io.espalier.worker.checkpoint.file.Failures;
import io.espalier.worker.checkpoint.file.FileDigest;
import io.espalier.worker.checkpoint.file.StrictJson;
import io.espalier.worker.checkpoint.safetensors.TensorHeader;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Kept;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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

  private final ModelDirectory from;
  private final List<Shard> shards;
  private final Transfer transfer;
  private final Path to;
  private final Digesting digesting;
  private final List<FileDigest> digests = new ArrayList<>();

  private Surgery(
      ModelDirectory from, List<Shard> shards, Transfer transfer, Path to, Digesting digesting) {
    this.from = from;
    this.shards = shards;
    this.transfer = transfer;
    this.to = to;
    this.digesting = digesting;
  }

  /** The same into files as the model has them. */
  public static Manifest cut(ModelDirectory from, Architecture architecture, Kept kept, Path to) {
    return cut(from, architecture, kept, Sharding.asBefore(), to);
  }

  /**
   * Cuts a model.
   *
   * <p>Modules that do not stay are gone, and those behind them move up in name. Other files are
   * carried over as they are, config.json too, which the caller rewrites. Weights that are not part
   * of the model (other formats, other safetensors) describe the uncut model and stay behind, as
   * does a {@code .git} folder. Each file appears whole or not at all; nothing is made durable,
   * since publishing does that.
   *
   * @param from the model
   * @param architecture its tensors, all of them
   * @param kept the units that stay
   * @param sharding the files of the result
   * @param to directory for the result; it is made, and files of its own are not replaced
   * @return the files written, with digests that were computed while writing
   * @throws io.espalier.worker.domain.InvalidInputException if the tensors are not those of the
   *     architecture, or the choice names unknown axes or units, or cuts a frozen axis
   * @throws io.espalier.worker.domain.WorkerException if a file cannot be read or written
   */
  public static Manifest cut(
      ModelDirectory from, Architecture architecture, Kept kept, Sharding sharding, Path to) {
    return write(from, CutPlan.of(from, architecture, kept), sharding, new Transfer(false), to);
  }

  /**
   * Cuts a model of whose result some tensors are computed.
   *
   * @param computed by the names that they have in the result, with the shapes that they have there
   */
  public static Manifest cut(
      ModelDirectory from,
      Architecture architecture,
      Kept kept,
      Sharding sharding,
      ComputedTensors computed,
      Path to) {
    return write(from, CutPlan.of(from, architecture, kept), sharding, new Transfer(computed), to);
  }

  /**
   * Writes a model of the same shapes some of whose tensors are computed.
   *
   * @param more tensors that the model does not have, by name, each of the type and shape of one
   *     that it has and a copy of it unless it is computed
   * @param computed by name
   */
  public static Manifest rewrite(
      ModelDirectory from,
      Architecture architecture,
      Map<String, String> more,
      ComputedTensors computed,
      Path to) {
    var pieces = new ArrayList<>(CutPlan.of(from, architecture, Kept.all()));
    more.forEach(
        (name, like) ->
            pieces.stream()
                .filter(piece -> piece.before().equals(like))
                .findFirst()
                .map(piece -> piece.named(name))
                .ifPresent(pieces::add));
    return write(from, pieces, Sharding.asBefore(), new Transfer(computed), to);
  }

  /**
   * Writes a model in which tensors take the place of others, in the same files.
   *
   * @param replaced tensors by the name of the one whose place they take; those of its own name too
   * @param computed them at least
   */
  public static Manifest replace(
      ModelDirectory from,
      Architecture architecture,
      Map<String, List<TensorHeader>> replaced,
      ComputedTensors computed,
      Path to) {
    var pieces = new ArrayList<Piece>();
    for (Piece piece : CutPlan.of(from, architecture, Kept.all())) {
      for (TensorHeader header : replaced.getOrDefault(piece.before(), List.of(piece.header()))) {
        pieces.add(piece.as(header));
      }
    }
    return write(from, pieces, Sharding.asBefore(), new Transfer(computed), to);
  }

  /**
   * The same, but what would go is zero instead: shapes stay as they are. Zero is what bytes of
   * zeros mean in every type of number. Modules cannot go in this way.
   */
  public static Manifest zero(
      ModelDirectory from, Architecture architecture, Kept kept, Sharding sharding, Path to) {
    List<Piece> pieces = CutPlan.inPlace(from, architecture, kept);
    return write(from, pieces, sharding, new Transfer(true), to);
  }

  /** The same into files as the model has them. */
  public static Manifest zero(ModelDirectory from, Architecture architecture, Kept kept, Path to) {
    return zero(from, architecture, kept, Sharding.asBefore(), to);
  }

  private static Manifest write(
      ModelDirectory from, List<Piece> pieces, Sharding sharding, Transfer transfer, Path to) {
    List<Shard> shards = sharding.spread(from, pieces);
    try (var digesting = new Digesting()) {
      return new Surgery(from, shards, transfer, to, digesting).run();
    } catch (IOException e) {
      throw Failures.writing(to, e);
    }
  }

  /**
   * Bytes of the headers that {@link #cut} gives the safetensors files of a model; exactly.
   *
   * @throws io.espalier.worker.domain.InvalidInputException as {@link #cut} does
   */
  public static long headerBytes(
      ModelDirectory model, Architecture architecture, Kept kept, Sharding sharding) {
    return sharding.spread(model, CutPlan.of(model, architecture, kept)).stream()
        .mapToLong(shard -> shard.header().dataStart())
        .sum();
  }

  /**
   * Bytes of the headers that {@link #cut} gives the safetensors files of a model at most, whatever
   * it keeps. They need not be those that the files have, since headers are written anew.
   */
  public static long headerBytesAtMost(
      ModelDirectory model, Architecture architecture, Sharding sharding) {
    return sharding.headerBytesAtMost(model, CutPlan.of(model, architecture, Kept.all()));
  }

  private Manifest run() throws IOException {
    Files.createDirectories(to);
    for (Shard shard : shards) {
      write(shard.name(), sink -> transfer.put(shard, sink));
    }
    carryOver();
    writeIndex();
    return new Manifest(digests);
  }

  private void carryOver() throws IOException {
    for (Map.Entry<String, Path> file : from.tree().files().entrySet()) {
      String name = file.getKey();
      if (from.shards().containsKey(name) || name.equals(ShardIndex.FILE)) {
        continue;
      }
      if (Manifest.REPORTS.contains(name)
          || WeightFiles.isForeign(name)
          || WeightFiles.isIndex(name)
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

  private void writeIndex() throws IOException {
    if (shards.size() > 1 || !shards.get(0).name().equals(WeightFiles.SINGLE)) {
      write(ShardIndex.FILE, sink -> sink.put(StrictJson.bytes(Sharding.index(from, shards))));
    }
  }

  private void write(String name, Content content) throws IOException {
    Path file = to.resolve(name);
    Files.createDirectories(Objects.requireNonNull(file.getParent()));
    Path sibling = AtomicFile.sibling(file);
    FileDigest digest;
    try {
      try (FileChannel out =
          FileChannel.open(sibling, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        Digesting.Sink sink = digesting.sink(out);
        content.writeTo(sink);
        digest = sink.finish(name);
      }
      if (Files.exists(file)) {
        throw new FileAlreadyExistsException(file.toString());
      }
      Files.move(sibling, file, StandardCopyOption.ATOMIC_MOVE);
      digests.add(digest);
      WrittenDigests.note(file, digest);
    } finally {
      Files.deleteIfExists(sibling);
    }
  }

  @FunctionalInterface
  private interface Content {
    void writeTo(Digesting.Sink sink) throws IOException;
  }
}
