package io.espalier.standalone.command;

import io.espalier.standalone.model.HubCache;
import java.nio.file.Path;

/** A model of this machine, as every command that reads one takes it. */
final class ModelOption {
  static final String LABEL = "MODEL";

  static final String WHAT =
      "Model directory with config.json and safetensors, or ORG/NAME[@REVISION] of what Hugging"
          + " Face's libraries have downloaded to this machine.";

  private ModelOption() {}

  /**
   * The directory of a model.
   *
   * @throws io.espalier.worker.domain.InvalidInputException if it has none
   */
  static Path directory(String model) {
    return HubCache.of(System.getenv()).directory(model);
  }
}
