package io.espalier.worker.zoo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.algorithm.evaluate.Evaluation.Quality;
import io.espalier.worker.algorithm.family.Families;
import io.espalier.worker.algorithm.train.ModelTraining;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.SafetensorsWriter;
import io.espalier.worker.checkpoint.TensorData;
import io.espalier.worker.data.ImageDatasets;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Writes models and data to try the system with. */
public final class Zoo {
  private static final String CONFIG = "config.json";
  private static final String WEIGHTS = "model.safetensors";
  private static final List<String> RANDOM =
      List.of(
          "cifar_resnet20",
          "cifar_resnet32",
          "cifar_resnet44",
          "cifar_resnet56",
          "cifar_resnet110",
          "resnet18",
          "resnet34",
          "resnet50",
          "resnet101",
          "resnet152",
          "vgg11_bn",
          "mobilenetv2_100",
          "mobilenetv3_small_100",
          "mobilenetv3_large_100",
          "efficientnet_b0",
          "densenet121");

  private Zoo() {}

  /** Names of the trained models that ship. */
  public static List<String> names() {
    return List.of(DemoModel.RESNET20.name());
  }

  /** Architectures that can be written with random weights. */
  public static List<String> architectures() {
    return RANDOM;
  }

  /**
   * Writes drawn images of ten shapes as CIFAR-10's binary files.
   *
   * <p>Labels go round in turn, so any ten neighbouring images hold every class once. An image
   * depends on the seed and its position alone.
   *
   * @param directory is made if need be; must not hold other data
   * @throws InvalidInputException if it does, or if a size is not positive
   */
  public static void writeShapes(Path directory, int trainSize, int testSize, long seed) {
    ShapesWriter.write(directory, trainSize, testSize, seed);
  }

  /**
   * Writes a trained model that ships: config.json and model.safetensors.
   *
   * @throws InvalidInputException if there is none of that name, or the directory holds a model
   */
  public static void writeModel(String name, Path directory) {
    if (!names().contains(name)) {
      throw new InvalidInputException(
          "there is no trained model '%s'; there are: %s"
              .formatted(name, String.join(", ", names())));
    }
    prepare(directory);
    for (String file : List.of(CONFIG, WEIGHTS)) {
      try (InputStream in = Zoo.class.getResourceAsStream(name + "/" + file)) {
        if (in == null) {
          throw new IllegalStateException("the jar lacks its resource %s/%s".formatted(name, file));
        }
        Files.copy(in, directory.resolve(file));
      } catch (IOException e) {
        throw new UncheckedIOException(
            "model %s cannot be written to %s".formatted(name, directory), e);
      }
    }
  }

  /**
   * Writes a model with random weights.
   *
   * @throws InvalidInputException if the architecture is not known, or the directory holds a model
   */
  public static void writeRandomModel(RandomModel model, Path directory) {
    Map<String, TensorData> tensors = model.tensors();
    prepare(directory);
    writeConfig(model.config(), directory);
    SafetensorsWriter.write(directory.resolve(WEIGHTS), tensors);
  }

  /**
   * Draws a data set into {@code data}, begins with random weights in {@code start}, and trains
   * them into {@code model}, all below a directory. This is how the models that ship were made.
   *
   * @param progress hears of every step, then of every batch of the final test
   * @return what it reaches on the whole test set
   * @throws InvalidInputException if one of the directories is in use
   */
  public static Quality train(DemoModel demo, Path directory, Progress.Listener progress) {
    Path model = prepare(directory.resolve("model"));
    Path data = directory.resolve("data");
    writeShapes(data, demo.data().train(), demo.data().test(), demo.data().seed());
    writeRandomModel(demo.start(), directory.resolve("start"));
    ModelDirectory start = ModelDirectory.open(directory.resolve("start"));
    var spec = Families.vision(start.config()).input(start.config());
    writeConfig(start.config(), model);
    var training =
        new ModelTraining(
            start,
            ImageDatasets.open(split(data, "train"), spec),
            ImageDatasets.open(split(data, "test"), spec),
            demo.training());
    return training.run(model.resolve(WEIGHTS), progress);
  }

  private static URI split(Path data, String name) {
    return URI.create(data.toUri() + "?split=" + name);
  }

  private static void writeConfig(ObjectNode config, Path directory) {
    try {
      Files.writeString(
          directory.resolve(CONFIG),
          new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(config) + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException("a model cannot be written to " + directory, e);
    }
  }

  /** Makes a directory if need be; refuses one that holds something. */
  private static Path prepare(Path directory) {
    try {
      Files.createDirectories(directory);
      try (Stream<Path> entries = Files.list(directory)) {
        List<Path> found = entries.sorted().toList();
        if (!found.isEmpty()) {
          throw new InvalidInputException(
              "a model needs a directory of its own, but %s holds %s"
                  .formatted(directory, found.get(0).getFileName()));
        }
      }
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException("directory %s cannot be used".formatted(directory), e);
    }
  }
}
