package io.espalier.worker.model;

import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.model.family.ImageNetwork;
import io.espalier.worker.model.family.VisionFamily;

/**
 * A transformer that tells images apart, as far as headers go.
 *
 * @param whole the same model with what all models for images have
 * @param network its forward pass
 */
public record ImageTransformerModel(VisionModel whole, ImageNetwork network)
    implements MaskableModel {
  /**
   * Looks at a directory; loads no tensor.
   *
   * @throws InvalidInputException with every problem, or if it is of another family
   */
  public static ImageTransformerModel of(ModelDirectory directory) {
    VisionModel whole = VisionModel.of(directory);
    return new ImageTransformerModel(
        whole,
        whole
            .family()
            .maskable()
            .orElseThrow(
                () ->
                    new InvalidInputException(
                        "%s: a model of family %s has no heads and neurons; wanted a transformer"
                            .formatted(directory.path(), whole.family().name()))));
  }

  @Override
  public ModelDirectory directory() {
    return whole.directory();
  }

  @Override
  public VisionFamily family() {
    return whole.family();
  }

  @Override
  public Architecture architecture() {
    return whole.architecture();
  }

  @Override
  public InputSpec input() {
    return whole.input();
  }
}
