package io.espalier.it;

import io.espalier.worker.zoo.RandomModel;
import io.espalier.worker.zoo.Zoo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The model and the data of these tests: a narrow ResNet with random weights, and a few drawn
 * images.
 */
final class TestModel {
  private static final long SEED = 7;
  private static final int IMAGES = 512;

  private TestModel() {}

  /** A CIFAR ResNet-8, of three blocks. */
  static Path small() {
    return written("small", RandomModel.of("cifar_resnet8", SEED));
  }

  /** A CIFAR ResNet-20, at which a stage is busy for a while. */
  static Path large() {
    return written("large", RandomModel.of("cifar_resnet20", SEED));
  }

  /** Drawn images in CIFAR-10's format. */
  static Path data() {
    Path directory = Backbone.shared().folder("data");
    if (!Files.exists(directory)) {
      Zoo.writeShapes(directory, 10, IMAGES, SEED);
    }
    return directory;
  }

  private static Path written(String name, RandomModel model) {
    Path directory = Backbone.shared().folder("models").resolve(name);
    if (!Files.exists(directory)) {
      Zoo.writeRandomModel(model, directory);
    }
    return directory;
  }

  static List<String> files() {
    return List.of("config.json", "model.safetensors", "espalier.json");
  }
}
