package io.espalier.worker.algorithm.minitron.size;

import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.model.ImageTransformerModel;
import io.espalier.worker.model.family.ImageNetwork;
import io.espalier.worker.model.family.MaskableNetwork;
import io.espalier.worker.model.family.ResizableNetwork.Pieces;
import java.util.List;

/**
 * Facts that Minitron needs of a transformer that tells images apart before any tensor is loaded.
 *
 * @param model the model at hand
 * @param blocks names of its layers, first to last
 * @param pieces its architecture in parts
 */
public record ImageBlueprint(ImageTransformerModel model, List<String> blocks, Pieces pieces)
    implements NetworkBlueprint {
  /** A blueprint; the list is copied. */
  public ImageBlueprint {
    blocks = List.copyOf(blocks);
  }

  /** Looks at a model. */
  public static ImageBlueprint of(ImageTransformerModel model) {
    Architecture architecture = model.architecture();
    return new ImageBlueprint(
        model,
        MaskableNetwork.Block.of(architecture).stream().map(MaskableNetwork.Block::module).toList(),
        model.network().pieces(architecture));
  }

  @Override
  public ImageNetwork network() {
    return model.network();
  }

  /** Its stream runs along its channels, since layer normalisation reads it. */
  @Override
  public StreamBasis basis() {
    return StreamBasis.CHANNELS;
  }

  @Override
  public ImageTransformerModel cut(ModelDirectory files) {
    return ImageTransformerModel.of(files);
  }

  /** None, since the stream has no directions. */
  @Override
  public List<String> norms(Architecture piece) {
    return List.of();
  }
}
