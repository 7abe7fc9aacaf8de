package io.espalier.worker.algorithm.prune;

import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.SafetensorsFile;
import io.espalier.worker.checkpoint.SafetensorsWriter;
import io.espalier.worker.checkpoint.TensorData;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.domain.model.TensorSpec.Role;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Writes numbers into the files of a cut model; tensors that are not written keep their bytes. */
public final class CutFiles {
  private static final String SAFETENSORS = ".safetensors";

  private CutFiles() {}

  /** Replaces the running statistics of BatchNorm in a model's files by those of the weights. */
  public static void writeStatistics(ModelDirectory model, Weights weights) {
    Map<String, TensorData> calibrated = weights.toTensorData();
    calibrated.keySet().retainAll(names(weights));
    replace(model, calibrated);
  }

  /** Replaces the tensors in a model's files by the weights, each in the type that it has there. */
  public static void write(ModelDirectory model, Weights weights) {
    replace(model, weights.toTensorData());
  }

  private static void replace(ModelDirectory model, Map<String, TensorData> tensors) {
    for (Path file : files(model.path())) {
      SafetensorsFile shard = SafetensorsFile.open(file);
      var all = new LinkedHashMap<String, TensorData>();
      shard
          .tensors()
          .keySet()
          .forEach(
              name -> {
                TensorData changed = tensors.get(name);
                all.put(name, changed == null ? shard.read(name) : changed);
              });
      SafetensorsWriter.write(file, all, shard.metadata());
    }
  }

  private static List<String> names(Weights weights) {
    return weights.architecture().tensors().stream()
        .filter(tensor -> tensor.role() == Role.BUFFER && tensor.shape().length == 1)
        .map(TensorSpec::name)
        .toList();
  }

  private static List<Path> files(Path directory) {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.filter(file -> file.toString().endsWith(SAFETENSORS)).sorted().toList();
    } catch (IOException e) {
      throw new WorkerException("cannot list %s: %s".formatted(directory, e), true, e);
    }
  }
}
