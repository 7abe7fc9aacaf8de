package io.espalier.worker.algorithm.family;

/** What every network that tells images apart begins and ends with. */
final class ClassifierEnds {
  private static final String IMAGE = "image";
  private static final String CLASSES = "classes";

  private ClassifierEnds() {}

  /** Declares the axis of the images' channels. */
  static String image(ArchitectureSketch sketch, TimmConfig config) {
    sketch.axis(IMAGE, config.input().isEmpty() ? 3 : config.input().get(0));
    sketch.freeze(IMAGE, "the channels of the images are given");
    if (!config.input().isEmpty()) {
      sketch.pin(IMAGE, config.input().get(0));
    }
    return IMAGE;
  }

  /**
   * Draws the classifier.
   *
   * @param features the axis that it reads, behind a flatten
   */
  static void classifier(
      ArchitectureSketch sketch, TimmConfig config, String module, String features) {
    sketch.freeze(
        features, "reaches the classifier through a flatten, at which positions of channels count");
    sketch.axis(CLASSES, config.classes().orElse(1000));
    config.classes().ifPresent(classes -> sketch.pin(CLASSES, classes));
    sketch.freeze(CLASSES, "one output per class");
    sketch.linear(module, CLASSES, features);
  }
}
