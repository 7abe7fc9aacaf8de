package io.espalier.worker.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.checkpoint.file.AtomicFile;
import io.espalier.worker.checkpoint.file.DirectoryTree;
import io.espalier.worker.checkpoint.file.Failures;
import io.espalier.worker.checkpoint.file.StrictJson;
import io.espalier.worker.checkpoint.safetensors.SafetensorsFile;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.checkpoint.safetensors.TensorHeader;
import io.espalier.worker.checkpoint.safetensors.TensorReader;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.WorkerException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A model as Hugging Face and timm store it: a directory with {@code config.json} and safetensors,
 * either one {@code model.safetensors} or shards with {@code model.safetensors.index.json}.
 *
 * <p>Opening reads heads only. Nothing is held open; the directory must not change while in use.
 */
public final class ModelDirectory {
  /** File in every model directory. */
  public static final String CONFIG = "config.json";

  /** What transformers writes beside it if the model takes images. */
  static final String PREPROCESSOR = "preprocessor_config.json";

  /** File of the tokenizer. */
  static final String TOKENIZER = "tokenizer.json";

  /** What another process has verified for this one, which does one job and ends. */
  private static final Map<Path, ModelDigests> VERIFIED = new ConcurrentHashMap<>();

  private final DirectoryTree tree;
  private final ObjectNode config;
  private final Optional<ObjectNode> preprocessor;
  private final Optional<ShardIndex> index;
  private final Map<String, SafetensorsFile> shards;
  private final Map<String, SafetensorsFile> shardOf = new TreeMap<>();
  private final Map<String, TensorHeader> tensors;
  private @Nullable ModelDigests digests;

  ModelDirectory(
      DirectoryTree tree,
      ObjectNode config,
      Optional<ObjectNode> preprocessor,
      Optional<ShardIndex> index,
      Map<String, SafetensorsFile> shards) {
    this.tree = tree;
    this.config = config;
    this.preprocessor = preprocessor;
    this.index = index;
    this.shards = Collections.unmodifiableMap(new LinkedHashMap<>(shards));
    shards
        .values()
        .forEach(shard -> shard.tensors().keySet().forEach(name -> shardOf.put(name, shard)));
    var all = new TreeMap<String, TensorHeader>();
    shards.values().forEach(shard -> all.putAll(shard.tensors()));
    this.tensors = Collections.unmodifiableMap(all);
  }

  /**
   * Opens a directory.
   *
   * @throws InvalidInputException if it is no sound model directory; names every problem
   * @throws WorkerException if it cannot be read
   */
  public static ModelDirectory open(Path directory) {
    return new ModelDirectoryReader(directory).read();
  }

  /**
   * Writes config.json into a directory, whole or not at all.
   *
   * @throws WorkerException if it cannot be written
   */
  public static void writeConfig(Path directory, ObjectNode config) {
    Path file = directory.resolve(CONFIG);
    try {
      AtomicFile.write(file, StrictJson.bytes(config));
    } catch (IOException e) {
      throw Failures.writing(file, e);
    }
  }

  /**
   * Takes the digests of a directory from whoever has read all of it and watches over it while it
   * is in use.
   */
  public static void verified(Path directory, ModelDigests digests) {
    VERIFIED.put(directory.toAbsolutePath().normalize(), digests);
  }

  /** Digests of what is in it; read once at most, however often they are asked for. */
  public synchronized ModelDigests digests() {
    if (digests == null) {
      ModelDigests known = VERIFIED.get(path().toAbsolutePath().normalize());
      digests = known != null ? known : Manifest.of(path()).digests();
    }
    return digests;
  }

  /** Root digest of everything in it. */
  public String rootDigest() {
    return digests().root();
  }

  /** Returns where it lies. */
  public Path path() {
    return tree.root();
  }

  /** config.json as it is, in a copy of its own. */
  public ObjectNode config() {
    return config.deepCopy();
  }

  /** preprocessor_config.json as it is, if there is one, in a copy of its own. */
  public Optional<ObjectNode> preprocessor() {
    return preprocessor.map(ObjectNode::deepCopy);
  }

  /** Every tensor by name, in name order. */
  public Map<String, TensorHeader> tensors() {
    return tensors;
  }

  /** Every tensor's shape by name, in name order. */
  public Map<String, long[]> shapes() {
    var shapes = new TreeMap<String, long[]>();
    tensors.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
    return shapes;
  }

  /**
   * Makes sure that the tensors are exactly these.
   *
   * @throws InvalidInputException if any is missing, extra or of another shape; names all of them
   */
  public void requireShapes(Map<String, long[]> expected) {
    ShapeCheck.require(path(), shapes(), expected);
  }

  /**
   * Makes sure that these are among the tensors.
   *
   * @throws InvalidInputException if any is missing or of another shape; names all of them
   */
  public void requireSomeShapes(Map<String, long[]> expected) {
    var found = new TreeMap<String, long[]>();
    for (String name : expected.keySet()) {
      TensorHeader tensor = tensors.get(name);
      if (tensor != null) {
        found.put(name, tensor.shape());
      }
    }
    ShapeCheck.require(path(), found, expected);
  }

  /**
   * Returns whether two tensors hold the same bytes in the same shape and type.
   *
   * @throws IllegalArgumentException if there is no tensor of one of the names
   */
  public boolean sameNumbers(String one, String other) {
    try (TensorReader first = reader(one);
        TensorReader second = reader(other)) {
      return first.holdsTheSame(second);
    }
  }

  /**
   * The numbers of a tensor, memory-mapped.
   *
   * @throws IllegalArgumentException if there is no tensor of that name
   * @throws InvalidInputException if it is 2 GiB or larger
   */
  public TensorData read(String name) {
    return holder(name).read(name);
  }

  /**
   * Reads a tensor stretch by stretch, for the caller to close; it may be of any size.
   *
   * @throws IllegalArgumentException if there is no tensor of that name
   */
  public TensorReader reader(String name) {
    return holder(name).reader(name);
  }

  /** Returns whether its tensors are in files that an index lists, not in one. */
  public boolean sharded() {
    return index.isPresent();
  }

  /** Size of the safetensors files. */
  public long bytes() {
    return shards.values().stream().mapToLong(SafetensorsFile::bytes).sum();
  }

  /**
   * The file that holds a tensor.
   *
   * @throws IllegalArgumentException if there is no tensor of that name
   */
  public SafetensorsFile holder(String tensor) {
    SafetensorsFile shard = shardOf.get(tensor);
    if (shard == null) {
      throw new IllegalArgumentException("%s has no tensor '%s'".formatted(path(), tensor));
    }
    return shard;
  }

  /** The safetensors files by name. */
  public Map<String, SafetensorsFile> shards() {
    return shards;
  }

  /** The index, if it is sharded. */
  public Optional<ShardIndex> index() {
    return index;
  }

  /** Everything in the directory. */
  public DirectoryTree tree() {
    return tree;
  }
}
