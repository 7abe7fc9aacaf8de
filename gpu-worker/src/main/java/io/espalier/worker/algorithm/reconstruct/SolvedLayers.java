package io.espalier.worker.algorithm.reconstruct;

import io.espalier.worker.algorithm.prune.ScoreFiles;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.SafetensorsFile;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.checkpoint.safetensors.TensorOverwrite;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.LayerReconstruction;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Solved layers in files that a later attempt goes on with: the tensors as they will be stored, and
 * what came of them.
 *
 * @param directory for the files
 * @param algorithm that cut the model; the files are named by it
 * @param fingerprint of everything that they depend on
 */
public record SolvedLayers(Path directory, String algorithm, String fingerprint) {
  private static final int NAME_DIGITS = 16;
  private static final String WEIGHT = ".weight";
  private static final String BIAS = ".bias";

  /** Result of a layer. */
  record Layer(String fingerprint, List<Tensor> tensors) {
    /** What came of a layer; the list is copied. */
    Layer {
      tensors = List.copyOf(tensors);
    }
  }

  /** Result of a tensor, as {@link LayerReconstruction} says it. */
  record Tensor(
      String layer,
      double errorBefore,
      double errorAfter,
      double lambda,
      boolean solved,
      long samples,
      int unknowns) {
    static Tensor of(LayerReconstruction found) {
      return new Tensor(
          found.layer(),
          found.errorBefore(),
          found.errorAfter(),
          found.lambda(),
          found.solved(),
          found.samples(),
          found.unknowns());
    }

    LayerReconstruction found() {
      return new LayerReconstruction(
          layer, errorBefore, errorAfter, lambda, solved, samples, unknowns);
    }
  }

  private Path file(int layer, String ending) {
    String run = fingerprint.substring(0, NAME_DIGITS);
    return directory.resolve("%s-solved-%s-%d.%s".formatted(algorithm, run, layer, ending));
  }

  /**
   * Returns what an earlier attempt made of a layer.
   *
   * @param cut takes the tensors that it solved for
   */
  public Optional<List<LayerReconstruction>> load(int layer, Weights cut) {
    Optional<Layer> known =
        ScoreFiles.read(file(layer, "json"), Layer.class, found -> refusal(layer, found));
    known.ifPresent(any -> take(layer, cut));
    return known.map(each -> each.tensors().stream().map(Tensor::found).toList());
  }

  private Optional<String> refusal(int layer, Layer found) {
    if (!fingerprint.equals(found.fingerprint())) {
      return Optional.of("it is of another model, data or settings");
    }
    return found.tensors().stream().anyMatch(Tensor::solved)
            && !Files.isRegularFile(file(layer, "safetensors"))
        ? Optional.of("its tensors are gone")
        : Optional.empty();
  }

  private void take(int layer, Weights cut) {
    Path tensors = file(layer, "safetensors");
    if (Files.isRegularFile(tensors)) {
      cut.take(SafetensorsFile.open(tensors));
    }
  }

  /**
   * Keeps what came of a layer.
   *
   * @param cut its weights; those that were solved for are rounded to the type that they are stored
   *     in
   */
  public void save(int layer, List<LayerReconstruction> found, Weights cut) {
    save(layer, found, cut, cut::toTensorData);
  }

  /** The same of weights that stay as they are computed with. */
  public void saveExactly(int layer, List<LayerReconstruction> found, Weights cut) {
    save(layer, found, cut, cut::toSinglePrecision);
  }

  private void save(
      int layer,
      List<LayerReconstruction> found,
      Weights cut,
      Function<List<String>, Map<String, TensorData>> stored) {
    var names = new ArrayList<String>();
    for (LayerReconstruction each : found) {
      if (each.solved()) {
        names.add(each.layer());
        String bias = each.layer().substring(0, each.layer().length() - WEIGHT.length()) + BIAS;
        if (cut.has(bias)) {
          names.add(bias);
        }
      }
    }
    if (!names.isEmpty()) {
      create();
      SafetensorsWriter.write(file(layer, "safetensors"), stored.apply(names));
    }
    ScoreFiles.write(
        file(layer, "json"), new Layer(fingerprint, found.stream().map(Tensor::of).toList()));
    take(layer, cut);
  }

  private void create() {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new WorkerException("cannot make %s: %s".formatted(directory, e), true, e);
    }
  }

  /**
   * Target of solved tensors.
   *
   * @param model the cut model's files
   * @param names what it calls them
   */
  public record Target(ModelDirectory model, UnaryOperator<String> names) {}

  /**
   * Writes the tensors of a layer over those of a model.
   *
   * @param firstRow where they begin, if they are some of the rows of those
   */
  public void write(int layer, long firstRow, Target target) {
    Path tensors = file(layer, "safetensors");
    if (Files.isRegularFile(tensors)) {
      SafetensorsFile source = SafetensorsFile.open(tensors);
      for (String own : source.tensors().keySet()) {
        String name = target.names().apply(own);
        TensorOverwrite.write(target.model().holder(name), name, source.read(own), firstRow);
      }
    }
  }

  /** Deletes the files of a layer. */
  public void delete(int layer) {
    try {
      Files.deleteIfExists(file(layer, "json"));
      Files.deleteIfExists(file(layer, "safetensors"));
    } catch (IOException e) {
      throw new WorkerException("cannot delete what is in %s: %s".formatted(directory, e), true, e);
    }
  }
}
