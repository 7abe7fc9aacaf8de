package io.espalier.worker.model;

import io.espalier.worker.model.family.MaskableNetwork;
import java.util.Optional;

/** A model whose heads and neurons can be masked, whatever it reads, as far as headers go. */
public sealed interface MaskableModel extends KnownModel permits TextModel, ImageTransformerModel {
  /** Its forward pass. */
  MaskableNetwork network();

  @Override
  default Optional<MaskableModel> maskable() {
    return Optional.of(this);
  }
}
