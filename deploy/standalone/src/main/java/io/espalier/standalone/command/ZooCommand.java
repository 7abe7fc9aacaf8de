package io.espalier.standalone.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.espalier.standalone.model.ZooKeeper;
import io.espalier.standalone.report.Narration;
import io.espalier.standalone.report.Result;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes small models and data sets to try things with. */
@Command(
    name = "zoo",
    description = "Write small models and data sets to try things with.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      ZooCommand.List.class,
      ZooCommand.Data.class,
      ZooCommand.Model.class,
      ZooCommand.Train.class
    })
final class ZooCommand {
  /** Lists what there is. */
  @Command(name = "list", description = "List the models that can be written.")
  static final class List extends Task {
    @Override
    Result run() {
      return ZooKeeper.list();
    }
  }

  /** Writes images. */
  @Command(
      name = "data",
      description = "Draw images of ten shapes and write them as CIFAR-10's binary files.")
  static final class Data extends Task {
    @Parameters(paramLabel = "DIR", description = "Where they go.")
    private Path directory = Path.of("");

    @Option(
        names = "--train",
        defaultValue = "10000",
        description = "Training images. Default: ${DEFAULT-VALUE}.")
    private int train;

    @Option(
        names = "--test",
        defaultValue = "2000",
        description = "Test images. Default: ${DEFAULT-VALUE}.")
    private int test;

    @Option(
        names = "--seed",
        defaultValue = "20",
        description = "Seed of the drawings. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Override
    Result run() {
      return ZooKeeper.data(directory, train, test, seed);
    }
  }

  /** Writes a model. */
  @Command(
      name = "model",
      description = "Write a model: a trained one that ships, or one with random weights.")
  static final class Model extends Task {
    @Parameters(paramLabel = "NAME", description = "As `espalier zoo list` has it.")
    private String name = "";

    @Parameters(paramLabel = "DIR", description = "Where it goes; must be new or empty.")
    private Path directory = Path.of("");

    @Option(names = "--random", description = "Random weights, even if a trained one ships.")
    private boolean random;

    @Option(
        names = "--seed",
        defaultValue = "0",
        description = "Seed of random weights. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Override
    Result run() {
      return ZooKeeper.model(name, directory, random, seed);
    }
  }

  /** Trains the model that ships. */
  @Command(
      name = "train",
      description =
          "Make the trained model that ships again: draw its images and train it on them.")
  static final class Train extends Task {
    @Parameters(paramLabel = "DIR", description = "Where images and model go.")
    private Path directory = Path.of("");

    @Override
    Result run() {
      try (var narration = Narration.toStandardError()) {
        ZooKeeper.train(directory, narration);
      }
      return Result.of(
          JsonNodeFactory.instance.objectNode().put("model", directory.resolve("model").toString()),
          "wrote " + directory.resolve("model"));
    }
  }
}
