package io.espalier.worker.zoo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.algorithm.evaluate.Evaluation.Quality;
import io.espalier.worker.algorithm.evaluate.TextMetrics;
import io.espalier.worker.algorithm.train.ModelTraining;
import io.espalier.worker.algorithm.train.TextTraining;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.data.ImageDatasets;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.text.TextDatasets;
import io.espalier.worker.data.text.TextSettings;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.model.Families;
import io.espalier.worker.model.TextModel;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Writes models and data to try the system with. */
public final class Zoo {
  private static final String CONFIG = "config.json";
  private static final String WEIGHTS = "model.safetensors";
  private static final String TOKENIZER = "tokenizer.json";
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
    return List.of(DemoModel.RESNET20.name(), DemoText.QUESTIONS.name());
  }

  /** Architectures that can be written with random weights. */
  public static List<String> architectures() {
    return Stream.concat(RANDOM.stream(), TextSize.ALL.stream().map(TextSize::name)).toList();
  }

  /**
   * Returns what a model of the zoo that reads text can be for, what is usual first; none of
   * others.
   */
  public static List<TextTask> tasks(String name) {
    return name.equals(DemoText.QUESTIONS.name())
        ? List.of(DemoText.QUESTIONS.start().task())
        : TextSize.find(name).map(TextSize::tasks).orElse(List.of());
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
    requireTrained(name);
    prepare(directory);
    List.of(CONFIG, WEIGHTS).forEach(file -> copy(name, file, directory));
    if (name.equals(DemoText.QUESTIONS.name())) {
      writeJson(DemoText.QUESTIONS.start().tokenizer(), directory.resolve(TOKENIZER));
    }
  }

  private static void copy(String name, String file, Path directory) {
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

  /**
   * Makes a trained model that ships again, by its name, with its data.
   *
   * @throws InvalidInputException if there is none of that name, or a directory is in use
   */
  public static void train(String name, Path directory, Progress.Listener progress) {
    requireTrained(name);
    if (name.equals(DemoText.QUESTIONS.name())) {
      train(DemoText.QUESTIONS, directory, progress);
    } else {
      train(DemoModel.RESNET20, directory, progress);
    }
  }

  private static void requireTrained(String name) {
    if (!names().contains(name)) {
      throw new InvalidInputException(
          "there is no trained model '%s'; there are: %s"
              .formatted(name, String.join(", ", names())));
    }
  }

  /**
   * Writes drawn texts: a file for training and one for tests.
   *
   * @param directory is made if need be; must not hold other data
   * @throws InvalidInputException if it does, or if a size is not positive
   */
  public static void writeTexts(
      DrawnText kind, Path directory, int trainSize, int testSize, long seed) {
    kind.write(directory, trainSize, testSize, seed);
  }

  /**
   * Writes a model with random weights, by its name.
   *
   * @param task what it is for, if it reads text; empty for what is usual
   * @throws InvalidInputException if there is none of that name, it is not for that task, or the
   *     directory holds a model
   */
  public static void writeRandomModel(
      String name, Path directory, Optional<String> task, long seed) {
    if (name.equals(DemoText.QUESTIONS.name())) {
      writeRandomModel(DemoText.QUESTIONS.start().size().name(), directory, task, seed);
      return;
    }
    Optional<TextSize> text = TextSize.find(name);
    if (text.isPresent()) {
      writeRandomText(new RandomText(text.get(), text.get().task(task), seed), directory);
      return;
    }
    if (task.isPresent()) {
      throw new InvalidInputException(
          "%s looks at images; only models that read text take a task".formatted(name));
    }
    writeRandomModel(RandomModel.of(name, seed), directory);
  }

  /**
   * Writes a model with random weights.
   *
   * @throws InvalidInputException if the architecture is not known, or the directory holds a model
   */
  public static void writeRandomModel(RandomModel model, Path directory) {
    Map<String, TensorData> tensors = model.tensors();
    prepare(directory);
    writeJson(model.config(), directory.resolve(CONFIG));
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
    writeJson(start.config(), model.resolve(CONFIG));
    var training =
        new ModelTraining(
            start,
            ImageDatasets.open(split(data, "train"), spec),
            ImageDatasets.open(split(data, "test"), spec),
            demo.training());
    return training.run(model.resolve(WEIGHTS), progress);
  }

  /**
   * Draws texts into {@code data}, begins with random weights in {@code start}, and trains them
   * into {@code model}, all below a directory.
   *
   * @param progress hears of every step, then of every batch of the final test
   * @return what it says of the whole test set
   * @throws InvalidInputException if one of the directories is in use
   */
  public static TextMetrics train(DemoText demo, Path directory, Progress.Listener progress) {
    Path model = prepare(directory.resolve("model"));
    Path data = directory.resolve("data");
    demo.kind().write(data, demo.data().train(), demo.data().test(), demo.data().seed());
    writeRandomText(demo.start(), directory.resolve("start"));
    TextModel start = TextModel.of(ModelDirectory.open(directory.resolve("start")));
    writeJson(demo.start().config(), model.resolve(CONFIG));
    writeJson(demo.start().tokenizer(), model.resolve(TOKENIZER));
    var training =
        new TextTraining(
            start,
            texts(start, split(data, "train")),
            texts(start, split(data, "test")),
            demo.training());
    return training.run(model.resolve(WEIGHTS), progress);
  }

  private static TextDataset texts(TextModel model, URI uri) {
    return TextDatasets.open(
        uri, model.network().input(), model.directory().path(), TextSettings.USUAL);
  }

  /**
   * Writes a model that reads text with random weights, and its tokenizer.
   *
   * @throws InvalidInputException if the architecture is not for the task, or the directory holds a
   *     model
   */
  public static void writeRandomText(RandomText model, Path directory) {
    Map<String, TensorData> tensors = model.tensors();
    prepare(directory);
    writeJson(model.config(), directory.resolve(CONFIG));
    writeJson(model.tokenizer(), directory.resolve(TOKENIZER));
    SafetensorsWriter.write(directory.resolve(WEIGHTS), tensors);
  }

  private static URI split(Path data, String name) {
    return URI.create(data.toUri() + "?split=" + name);
  }

  private static void writeJson(ObjectNode json, Path file) {
    try {
      Files.writeString(
          file,
          new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(json) + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be written", e);
    }
  }

  /** Makes a directory if need be; refuses one that holds something. */
  private static Path prepare(Path directory) {
    try {
      return NewDirectory.make(directory, "a model");
    } catch (IOException e) {
      throw new UncheckedIOException("directory %s cannot be used".formatted(directory), e);
    }
  }
}
