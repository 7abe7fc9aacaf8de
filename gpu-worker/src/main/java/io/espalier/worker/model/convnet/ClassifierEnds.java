package io.espalier.worker.model.convnet;

import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.model.family.ArchitectureBuilder;
import java.util.List;
import java.util.OptionalInt;

/** First and last parts of every network that classifies images. */
final class ClassifierEnds {
  /** Why what the classifier reads may not be cut. */
  static final String FLATTENED =
      "reaches the classifier through a flatten, at which positions of channels count";

  private static final String IMAGE = "image";
  private static final String CLASSES = "classes";

  private ClassifierEnds() {}

  /**
   * Declares the axis of the images' channels.
   *
   * @param input size of one image: channels, height, width; empty if it is not said
   */
  static String image(ArchitectureBuilder builder, List<Integer> input) {
    builder.axis(Axis.of(AxisKind.IMAGE, "", input.isEmpty() ? 3 : input.get(0)));
    builder.freeze(IMAGE, "the channels of the images are given");
    if (!input.isEmpty()) {
      builder.pin(IMAGE, input.get(0));
    }
    return IMAGE;
  }

  /**
   * Draws the classifier.
   *
   * @param classes their number, if it is said
   * @param features the axes that it reads, one after another, behind a flatten
   */
  static void classifier(
      ArchitectureBuilder builder, OptionalInt classes, String module, List<String> features) {
    features.forEach(axis -> builder.freeze(axis, FLATTENED));
    builder.axis(Axis.of(AxisKind.CLASSES, "", classes.orElse(1000)));
    classes.ifPresent(count -> builder.pin(CLASSES, count));
    builder.freeze(CLASSES, "one output per class");
    builder.linear(module, CLASSES, features);
  }
}
