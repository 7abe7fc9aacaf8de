package io.espalier.worker.zoo;

import io.espalier.worker.algorithm.train.TrainingSettings;

/**
 * The trained model that ships, and everything that it follows from.
 *
 * @param name under which it ships
 * @param start its weights before training
 * @param data the images that it is trained and tested on
 * @param training how it is trained
 * @param reached how well the weights that ship do
 */
public record DemoModel(
    String name, RandomModel start, Shapes data, TrainingSettings training, Reached reached) {
  /** The ResNet-20 of the demo, for the ten drawn shapes. */
  public static final DemoModel RESNET20 =
      new DemoModel(
          "cifar_resnet20",
          RandomModel.of("cifar_resnet20", 20),
          new Shapes(10_000, 2_000, 20),
          TrainingSettings.cifar(10, 64, 20),
          new Reached(1_000, 0.981));

  /**
   * A drawn data set.
   *
   * @param train number of training images
   * @param test number of test images
   * @param seed of the drawings
   */
  public record Shapes(int train, int test, long seed) {}

  /**
   * A measured accuracy.
   *
   * @param images how many images of the test set, from its beginning
   * @param accuracy share of them that was told right
   */
  public record Reached(int images, double accuracy) {}
}
