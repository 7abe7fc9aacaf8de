package io.espalier.worker.algorithm.prune;

import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.SafetensorsFile;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
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
import java.util.Set;
import java.util.stream.Stream;

/** Writes numbers into the files of a cut model; tensors that are not written keep their bytes. */
public final class CutFiles {
  private static final String SAFETENSORS = ".safetensors";
  private static final String BIAS = ".bias";

  private CutFiles() {}

  /**
   * Replaces tensors in a model's files by those of the weights: the running statistics of
   * BatchNorm, and what was solved for with its biases; each in the type that it has there.
   *
   * @param solved names of weights
   */
  public static void write(ModelDirectory model, Weights weights, Set<String> solved) {
    Map<String, TensorData> changed = weights.toTensorData();
    List<String> statistics = statistics(weights);
    changed
        .keySet()
        .removeIf(name -> !statistics.contains(name) && !solved.contains(weightBeside(name)));
    replace(model, changed);
  }

  /** Name of the weight that a bias belongs to; other names stay. */
  private static String weightBeside(String name) {
    return name.endsWith(BIAS)
        ? name.substring(0, name.length() - BIAS.length()) + ".weight"
        : name;
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

  private static List<String> statistics(Weights weights) {
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
