package io.espalier.worker.algorithm.quantize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.surgery.Surgery;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import java.nio.file.Path;
import java.util.Map;

/** Files of a quantized model. */
public final class QuantizedFiles {
  private QuantizedFiles() {}

  /**
   * Goes on only if a model is not quantized yet.
   *
   * @throws InvalidInputException if its config.json says that it is
   */
  public static void requireWhole(ModelDirectory model) {
    JsonNode quantized = model.config().path(CompressedTensorsConfig.KEY);
    if (!quantized.isMissingNode() && !quantized.isNull()) {
      throw new InvalidInputException(
          "%s: config.json has %s of %s, so its weights are quantized already; give the model as it was before"
              .formatted(
                  model.path(),
                  CompressedTensorsConfig.KEY,
                  quantized.path("quant_method").asText("an unknown method")));
    }
  }

  /**
   * Writes a quantized model into a directory, file by file as the original has them; memory does
   * not depend on the size of the model.
   *
   * @return errors of the layers, by their names
   * @throws io.espalier.worker.domain.InvalidInputException if numbers are not finite or too large
   * @throws io.espalier.worker.domain.WorkerException if a file cannot be read or written
   */
  public static Map<String, LayerError> write(
      QuantizationPlan plan, Path to, Progress.Listener progress) {
    var tensors = new QuantizedTensors(plan, progress);
    Surgery.replace(
        plan.model().directory(), plan.model().architecture(), plan.replaced(), tensors, to);
    ObjectNode config = plan.model().directory().config();
    config.set(CompressedTensorsConfig.KEY, CompressedTensorsConfig.of(plan));
    ModelDirectory.writeConfig(to, config);
    return tensors.errors();
  }
}
