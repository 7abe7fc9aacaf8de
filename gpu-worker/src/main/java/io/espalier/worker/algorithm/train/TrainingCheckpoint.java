package io.espalier.worker.algorithm.train;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.SafetensorsFile;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The state of a training after its last whole epoch, in one file: weights and momentum in the
 * precision that is computed in, and the loss of each epoch. Order and augmentation of an epoch
 * depend on the seed and its number alone, so whoever goes on from here gets the same bits as
 * without the interruption.
 *
 * <p>It carries a fingerprint of the weights that the training began with, its data and its
 * settings. One of another training, or one that cannot be read, is refused and replaced.
 */
final class TrainingCheckpoint {
  private static final Logger LOGGER = LoggerFactory.getLogger(TrainingCheckpoint.class);
  private static final String NAME = "training.safetensors";
  private static final String FINGERPRINT = "fingerprint";
  private static final String LOSSES = "losses";
  private static final String WEIGHT = "weight.";
  private static final String VELOCITY = "velocity.";

  private final Path file;
  private final String fingerprint;

  private TrainingCheckpoint(Path file, String fingerprint) {
    this.file = file;
    this.fingerprint = fingerprint;
  }

  /** The checkpoint in a directory, of a training that begins with these weights. */
  static TrainingCheckpoint of(
      Path directory, Weights start, ImageDataset data, TrainingSettings settings) {
    MessageDigest digest = sha256();
    digest.update((settings + "\n" + data.fingerprint() + "\n").getBytes(UTF_8));
    for (String name : start.names()) {
      digest.update((name + "\n").getBytes(UTF_8));
      digest.update(stored(start.get(name)).bytes());
    }
    return new TrainingCheckpoint(
        directory.resolve(NAME), HexFormat.of().formatHex(digest.digest()));
  }

  /** Removes the checkpoint of a directory, if there is one. */
  static void delete(Path directory) {
    Path file = directory.resolve(NAME);
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new WorkerException("cannot delete %s: %s".formatted(file, e), true, e);
    }
  }

  /**
   * Brings weights and momentum, whose gradients are off, to where the training was.
   *
   * @return the loss of each epoch done; none if there is nothing to go on from
   */
  List<Double> restore(Weights weights, Sgd optimizer, NDManager manager) {
    Optional<SafetensorsFile> found = open();
    if (found.isEmpty()) {
      return List.of();
    }
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      arrays(weights, optimizer)
          .forEach((name, array) -> assign(array, found.get().read(name), manager));
    }
    String losses = found.get().metadata().getOrDefault(LOSSES, "");
    return Stream.of(losses.split(" ", -1)).map(Double::valueOf).toList();
  }

  /** Replaces the checkpoint, whole or not at all. */
  void save(Weights weights, Sgd optimizer, List<Double> losses) {
    Map<String, TensorData> tensors = new LinkedHashMap<>();
    arrays(weights, optimizer).forEach((name, array) -> tensors.put(name, stored(array)));
    String text = losses.stream().map(String::valueOf).collect(Collectors.joining(" "));
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
    } catch (IOException e) {
      throw new WorkerException("cannot write %s: %s".formatted(file, e), true, e);
    }
    SafetensorsWriter.write(file, tensors, Map.of(FINGERPRINT, fingerprint, LOSSES, text));
  }

  private Optional<SafetensorsFile> open() {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      SafetensorsFile found = SafetensorsFile.open(file);
      if (fingerprint.equals(found.metadata().get(FINGERPRINT))) {
        return Optional.of(found);
      }
      LOGGER.atWarn().addKeyValue("file", file).log("refused the checkpoint of another training");
    } catch (InvalidInputException e) {
      LOGGER.atWarn().setCause(e).addKeyValue("file", file).log("refused a damaged checkpoint");
    }
    return Optional.empty();
  }

  private static Map<String, NDArray> arrays(Weights weights, Sgd optimizer) {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    weights.names().forEach(name -> arrays.put(WEIGHT + name, weights.get(name)));
    optimizer.velocities().forEach((name, array) -> arrays.put(VELOCITY + name, array));
    return arrays;
  }

  private static TensorData stored(NDArray array) {
    DType type = array.getDataType() == DataType.INT64 ? DType.I64 : DType.F32;
    long[] shape = array.getShape().getShape();
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.toIntExact(type.bytes(shape))).order(ByteOrder.LITTLE_ENDIAN);
    if (type == DType.I64) {
      bytes.asLongBuffer().put(array.toLongArray());
    } else {
      bytes.asFloatBuffer().put(array.toFloatArray());
    }
    return new TensorData(type, shape, bytes);
  }

  private static void assign(NDArray target, TensorData data, NDManager manager) {
    ByteBuffer bytes = data.bytes();
    NDArray value;
    if (data.dtype() == DType.I64) {
      var values = new long[bytes.remaining() / Long.BYTES];
      bytes.asLongBuffer().get(values);
      value = Tensors.of(manager, values, data.shape());
    } else {
      var values = new float[bytes.remaining() / Float.BYTES];
      bytes.asFloatBuffer().get(values);
      value = Tensors.of(manager, values, data.shape());
    }
    if (data.shape().length == 0) {
      Tensors.scaleInPlace(target, 0); // a counter
    } else {
      Tensors.fill(
          target, -0.0); // the number that changes no other by being added, 0 and -0 included
    }
    Tensors.addScaledInPlace(target, value, 1);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }
}
