package io.espalier.worker.model.family;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.domain.model.Architecture;
import java.util.List;
import java.util.Map;

/** A family of models that share tensor names and a forward function. */
public sealed interface Family permits VisionFamily, TextFamily {
  /** Its name, as policies say it. */
  String name();

  /** Returns whether a checkpoint's config.json describes one of its models. */
  boolean accepts(JsonNode config);

  /** Returns what its models do, in Hugging Face's words. */
  List<String> tasks();

  /**
   * Loaders that open a model of this family, widths as they may be.
   *
   * @param config the model's config.json
   */
  List<String> loadsIn(JsonNode config);

  /**
   * Returns what the model of a checkpoint is made of.
   *
   * @param config its config.json
   * @param shapes its tensors' shapes by name
   * @throws io.espalier.worker.domain.InvalidInputException if tensors and config do not fit; names
   *     every problem
   */
  Architecture architecture(JsonNode config, Map<String, long[]> shapes);
}
