package io.espalier.worker.algorithm.quantize;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.model.KnownModel;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Check that a model is made of layers that compressed-tensors knows: those of transformers. */
final class LinearLayers {
  private LinearLayers() {}

  /**
   * Goes on only if the layers of a model are linear ones, of shape (outputs, inputs).
   *
   * @throws InvalidInputException if they are others
   */
  static void require(KnownModel model) {
    if (model.maskable().isEmpty()) {
      throw new InvalidInputException(
          "quantize: %s is of family %s, a network of convolutions, which compressed-tensors has no form for; such networks need ONNX, which this version does not write yet"
              .formatted(model.directory().path(), model.family().name()));
    }
    Map<String, Dimension> rows =
        model.architecture().tensors().stream()
            .filter(tensor -> tensor.dimensions().size() == 2)
            .collect(Collectors.toMap(TensorSpec::name, tensor -> tensor.dimensions().get(0)));
    List<String> transposed =
        model.architecture().layers().stream()
            .filter(layer -> rows.containsKey(layer.weight()))
            .filter(layer -> !layer.out().equals(rows.get(layer.weight())))
            .map(Layer::module)
            .toList();
    if (!transposed.isEmpty()) {
      throw new InvalidInputException(
          "quantize: %s is of family %s, whose %s and others have weights of (inputs, outputs); loaders of compressed-tensors know linear layers of (outputs, inputs) only"
              .formatted(model.directory().path(), model.family().name(), transposed.get(0)));
    }
  }
}
