package io.espalier.worker.algorithm.layerwise;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.SafetensorsFile;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorOverwrite;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Layers that have learned, one file each, with which a later attempt goes on: the tensors in the
 * types that the model has, and what came of the training.
 *
 * @param folder for the files
 * @param fingerprint of everything that they depend on
 */
record LearnedLayers(Path folder, String fingerprint) {
  private static final Logger LOGGER = LoggerFactory.getLogger(LearnedLayers.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String FINGERPRINT = "fingerprint";
  private static final String RESULT = "result";

  private Path file(int layer) {
    return folder.resolve("layer-%d.safetensors".formatted(layer));
  }

  /**
   * Returns what an earlier attempt made of a layer; empty if it made nothing of it that holds.
   *
   * @param weights of the layer, which take it
   */
  Optional<LearnedLayer> load(int layer, Weights weights) {
    Path file = file(layer);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      SafetensorsFile found = SafetensorsFile.open(file);
      if (fingerprint.equals(found.metadata().get(FINGERPRINT))) {
        LearnedLayer learned =
            JSON.readValue(found.metadata().getOrDefault(RESULT, ""), LearnedLayer.class);
        weights.take(found);
        return Optional.of(learned);
      }
      LOGGER.atWarn().addKeyValue("file", file).log("refused a layer of another training");
    } catch (InvalidInputException | JsonProcessingException e) {
      LOGGER.atWarn().setCause(e).addKeyValue("file", file).log("refused a damaged layer");
    }
    return Optional.empty();
  }

  /**
   * Keeps a layer.
   *
   * @param weights of it, which become what they are once they are stored
   */
  void save(LearnedLayer learned, Weights weights) {
    Path file = file(learned.layer());
    try {
      Files.createDirectories(folder);
      SafetensorsWriter.write(
          file,
          weights.toTensorData(weights.trainable()),
          Map.of(FINGERPRINT, fingerprint, RESULT, JSON.writeValueAsString(learned)));
    } catch (IOException e) {
      throw new WorkerException("cannot write %s: %s".formatted(file, e), true, e);
    }
    weights.take(SafetensorsFile.open(file));
  }

  /** Writes a layer over that of a model. */
  void write(int layer, ModelDirectory model) {
    SafetensorsFile source = SafetensorsFile.open(file(layer));
    for (String name : source.tensors().keySet()) {
      TensorOverwrite.write(model.holder(name), name, source.read(name), 0);
    }
  }
}
