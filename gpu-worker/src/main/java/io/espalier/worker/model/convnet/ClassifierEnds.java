package io.espalier.worker.model.convnet;

import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.model.family.ArchitectureSketch;
import java.util.List;
import java.util.OptionalInt;

/** What every network that tells images apart begins and ends with. */
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
  static String image(ArchitectureSketch sketch, List<Integer> input) {
    sketch.axis(Axis.of(AxisKind.IMAGE, "", input.isEmpty() ? 3 : input.get(0)));
    sketch.freeze(IMAGE, "the channels of the images are given");
    if (!input.isEmpty()) {
      sketch.pin(IMAGE, input.get(0));
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
      ArchitectureSketch sketch, OptionalInt classes, String module, List<String> features) {
    features.forEach(axis -> sketch.freeze(axis, FLATTENED));
    sketch.axis(Axis.of(AxisKind.CLASSES, "", classes.orElse(1000)));
    classes.ifPresent(count -> sketch.pin(CLASSES, count));
    sketch.freeze(CLASSES, "one output per class");
    sketch.linear(module, CLASSES, features);
  }
}
