package io.espalier.worker.model.family;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.tensor.Weights;
import java.util.List;
import java.util.Optional;

/** A family of models that tell images apart. */
public non-sealed interface VisionFamily extends Family {
  /**
   * The images that the model of a checkpoint takes; the one place that decides what holds if its
   * config.json does not say.
   *
   * @throws io.espalier.worker.domain.InvalidInputException if the config makes no sense; names
   *     every problem
   */
  InputSpec input(JsonNode config);

  /**
   * The same for the network of one config.json, where its tensors do not tell all that the forward
   * pass needs to know.
   *
   * @throws io.espalier.worker.domain.InvalidInputException with everything that is not understood
   */
  default VisionFamily of(JsonNode config) {
    return this;
  }

  /**
   * Returns whether config.json of a model of this family stays true when layers become narrower,
   * since it does not say how wide they are or loaders of the family adapt to the tensors.
   */
  default boolean widthsFollowFromTensors() {
    return true;
  }

  /**
   * The network of one config.json by its heads and neurons, where it has such units; of a family
   * that {@link #of} made.
   */
  default Optional<ImageNetwork> maskable() {
    return Optional.empty();
  }

  @Override
  default List<String> tasks() {
    return List.of("image-classification");
  }

  /**
   * Loaders that open a model of this family, widths as they may be; {@code timm} if it builds the
   * network and then adapts it to a line of shapes.
   *
   * @param config the model's config.json
   */
  @Override
  List<String> loadsIn(JsonNode config);

  /**
   * The forward pass of a model in pieces, first to last: the first takes images, (batch, channels,
   * height, width), normalised; the last gives class scores before softmax, (batch, classes).
   *
   * @param weights of a model of this family, of whatever widths; read when a section is run
   */
  List<Section> sections(Weights weights);

  /**
   * Class scores before softmax.
   *
   * @param weights of a model of this family, of whatever widths
   * @param images (batch, channels, height, width), normalised
   * @param mode whether BatchNorm takes the batch's statistics, and changes its own
   * @return (batch, classes)
   */
  default NDArray forward(Weights weights, NDArray images, Mode mode) {
    return Section.forward(sections(weights), images, mode);
  }
}
