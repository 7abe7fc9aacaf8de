package io.espalier.worker.algorithm.family;

import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.model.Architecture;

/**
 * A model directory that was looked at as far as headers go: its family is known, every tensor has
 * the shape that its architecture asks for and a type that can be computed with.
 */
public sealed interface KnownModel permits VisionModel, TextModel {
  /** Its files. */
  ModelDirectory directory();

  /** Its family. */
  Family family();

  /** What it is made of. */
  Architecture architecture();

  /**
   * Looks at a directory; loads no tensor.
   *
   * @throws io.espalier.worker.domain.InvalidInputException with every problem
   */
  static KnownModel of(ModelDirectory directory) {
    return Families.of(directory.config()) instanceof TextFamily
        ? TextModel.of(directory)
        : VisionModel.of(directory);
  }
}
