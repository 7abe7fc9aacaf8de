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
import io.espalier.worker.checkpoint.safetensors.TensorHeader;
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
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The state of a training between two steps, in one file: weights and what the optimizer remembers
 * in the precision that is computed in, the running average of weights, and where the training is.
 * Order and augmentation of a step depend on the seed and its number alone, so whoever goes on from
 * here gets the same bits as without the interruption. The best of the weights that were judged lie
 * in files of their own, named by the step that they were judged after.
 *
 * <p>It carries a fingerprint of the weights that the training began with, its objective and its
 * settings. One of another training, or one that cannot be read, is refused and replaced.
 */
final class TrainingCheckpoint {
  private static final Logger LOGGER = LoggerFactory.getLogger(TrainingCheckpoint.class);
  private static final String NAME = "training.safetensors";
  private static final String JUDGED = "judged-";
  private static final String SUFFIX = ".safetensors";
  private static final String FINGERPRINT = "fingerprint";
  private static final String STATE = "state";
  private static final String WEIGHT = "weight.";
  private static final String MEMORY = "optimizer.";
  private static final String AVERAGE = "average.";

  private final Path folder;
  private final String fingerprint;

  private TrainingCheckpoint(Path folder, String fingerprint) {
    this.folder = folder;
    this.fingerprint = fingerprint;
  }

  /**
   * The checkpoint in a directory, of a training that begins with these weights.
   *
   * @param training all else that decides what comes of it
   */
  static TrainingCheckpoint of(Path directory, Weights start, String training) {
    MessageDigest digest = sha256();
    digest.update((training + "\n").getBytes(UTF_8));
    for (String name : start.names()) {
      digest.update((name + "\n").getBytes(UTF_8));
      digest.update(stored(start.get(name)).bytes());
    }
    return new TrainingCheckpoint(directory, HexFormat.of().formatHex(digest.digest()));
  }

  /** The file of the weights that were judged after a step. */
  static Path judged(Path directory, long step) {
    return directory.resolve(JUDGED + step + SUFFIX);
  }

  /** Removes the checkpoint of a directory, if there is one. */
  static void delete(Path directory) {
    deleteFile(directory.resolve(NAME));
    deleteJudged(directory, Set.of());
  }

  private static void deleteFile(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new WorkerException("cannot delete %s: %s".formatted(file, e), true, e);
    }
  }

  /** Removes judged weights but those after some steps. */
  private static void deleteJudged(Path directory, Set<Long> but) {
    if (!Files.isDirectory(directory)) {
      return;
    }
    Set<Path> left = but.stream().map(step -> judged(directory, step)).collect(Collectors.toSet());
    try (Stream<Path> files = Files.list(directory)) {
      files
          .filter(file -> String.valueOf(file.getFileName()).startsWith(JUDGED))
          .filter(file -> !left.contains(file))
          .forEach(TrainingCheckpoint::deleteFile);
    } catch (IOException e) {
      throw new WorkerException("cannot list %s: %s".formatted(directory, e), true, e);
    }
  }

  /**
   * Brings weights, optimizer and average, whose gradients are not recorded, to where the training
   * was.
   *
   * @return where it was; empty if there is nothing to go on from
   */
  Optional<TrainingState> restore(
      Weights weights, Optimizer optimizer, Optional<WeightAverage> average, NDManager manager) {
    Optional<SafetensorsFile> found = open(folder.resolve(NAME));
    Optional<TrainingState> state =
        found.flatMap(file -> TrainingState.parse(file.metadata().getOrDefault(STATE, "")));
    if (state.isPresent()) {
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        arrays(weights, optimizer, average)
            .forEach((name, array) -> assign(array, found.get().read(name), manager));
      }
    }
    return state;
  }

  /** Replaces the checkpoint, whole or not at all. */
  void save(
      Weights weights, Optimizer optimizer, Optional<WeightAverage> average, TrainingState state) {
    write(
        NAME,
        arrays(weights, optimizer, average),
        Map.of(FINGERPRINT, fingerprint, STATE, state.toJson()));
  }

  /** Keeps weights that were judged after a step. */
  void saveJudged(long step, Weights weights) {
    write(
        String.valueOf(judged(folder, step).getFileName()),
        arrays("", weights),
        Map.of(FINGERPRINT, fingerprint));
  }

  /** Keeps none of the judged weights but those after some steps. */
  void retainJudged(Set<Long> steps) {
    deleteJudged(folder, steps);
  }

  /**
   * Takes the weights that were judged after a step.
   *
   * @throws WorkerException if they are gone
   */
  void restoreJudged(long step, Weights weights) {
    Path file = judged(folder, step);
    weights.take(
        open(file)
            .orElseThrow(
                () ->
                    new WorkerException(
                        "%s: the best weights of the training are gone; repeat the job"
                            .formatted(file),
                        true,
                        null)));
  }

  private void write(String name, Map<String, NDArray> arrays, Map<String, String> metadata) {
    List<TensorHeader> headers = new ArrayList<>();
    arrays.forEach(
        (tensor, array) ->
            headers.add(TensorHeader.of(tensor, type(array), array.getShape().getShape())));
    Path file = folder.resolve(name);
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new WorkerException("cannot write %s: %s".formatted(file, e), true, e);
    }
    SafetensorsWriter.write(
        file, headers, tensor -> stored(Objects.requireNonNull(arrays.get(tensor))), metadata);
  }

  private Optional<SafetensorsFile> open(Path file) {
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

  private static Map<String, NDArray> arrays(
      Weights weights, Optimizer optimizer, Optional<WeightAverage> average) {
    Map<String, NDArray> arrays = arrays(WEIGHT, weights);
    optimizer.state().forEach((name, array) -> arrays.put(MEMORY + name, array));
    average.ifPresent(running -> arrays.putAll(arrays(AVERAGE, running.weights())));
    return arrays;
  }

  private static Map<String, NDArray> arrays(String prefix, Weights weights) {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    weights.names().forEach(name -> arrays.put(prefix + name, weights.get(name)));
    return arrays;
  }

  private static DType type(NDArray array) {
    return array.getDataType() == DataType.INT64 ? DType.I64 : DType.F32;
  }

  private static TensorData stored(NDArray array) {
    DType type = type(array);
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
