package io.espalier.worker.algorithm.minitron.size;

import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.MaskableNetwork;
import io.espalier.worker.model.family.ResizableNetwork.Pieces;
import io.espalier.worker.model.transformer.LayeredNetwork;
import java.util.List;
import java.util.Set;

/**
 * Facts that Minitron needs of a decoder before any tensor is loaded.
 *
 * @param model the model at hand
 * @param network its forward pass
 * @param blocks what names of tensors and axes begin with in each layer, first to last, without the
 *     dot behind it
 * @param pieces its architecture in parts, so that what concerns a layer is looked for in there
 * @param basis what its stream runs along
 */
public record DecoderBlueprint(
    TextModel model, LayeredNetwork network, List<String> blocks, Pieces pieces, StreamBasis basis)
    implements NetworkBlueprint {
  /** A blueprint; the list is copied. */
  public DecoderBlueprint {
    blocks = List.copyOf(blocks);
  }

  /**
   * Looks at a model.
   *
   * @throws InvalidInputException if it is not one that continues text, or cannot be run layer by
   *     layer
   */
  public static DecoderBlueprint of(TextModel model) {
    TextTask task = model.network().input().task();
    if (task != TextTask.TEXT_GENERATION || !(model.network() instanceof LayeredNetwork network)) {
      throw new InvalidInputException(
          "prune.algorithm: minitron prunes decoders for %s, but this one is of family %s and for %s"
              .formatted(TextTask.TEXT_GENERATION.key(), model.family().name(), task.key()));
    }
    List<String> blocks =
        MaskableNetwork.Block.of(model.architecture()).stream()
            .map(MaskableNetwork.Block::module)
            .toList();
    return new DecoderBlueprint(
        model, network, blocks, network.pieces(model.architecture()), StreamBasis.CHANNELS);
  }

  /** Returns the same whose stream runs along something else. */
  public DecoderBlueprint in(StreamBasis other) {
    return new DecoderBlueprint(model, network, blocks, pieces, other);
  }

  /** In the order of its tensors. */
  @Override
  public List<String> norms(Architecture piece) {
    Set<String> all = Set.copyOf(network.streamTensors(architecture()).norms().values());
    return piece.tensors().stream().map(TensorSpec::name).filter(all::contains).toList();
  }

  @Override
  public TextModel cut(ModelDirectory files) {
    return TextModel.of(files, model.tokens());
  }

  /** The axis of the tokens that are known. */
  public Axis vocabulary() {
    return pieces.embedding().axes().stream()
        .filter(axis -> axis.kind() == AxisKind.VOCABULARY)
        .findFirst()
        .orElseThrow();
  }
}
