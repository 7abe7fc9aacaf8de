package io.espalier.standalone.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.espalier.standalone.model.ZooKeeper;
import io.espalier.standalone.report.Narration;
import io.espalier.standalone.report.Result;
import io.espalier.worker.zoo.Zoo;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Optional;
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

  /** Draws a data set. */
  @Command(
      name = "data",
      description =
          "Draw a data set: images of ten shapes as CIFAR-10's binary files, questions as SQuAD 1.1,"
              + " opinions as JSON lines to be told apart, tales as running text.")
  static final class Data extends Task {
    @Parameters(paramLabel = "DIR", description = "Where they go.")
    private Path directory = Path.of("");

    @Option(
        names = "--kind",
        defaultValue = "shapes",
        description = "shapes, questions, opinions or tales. Default: ${DEFAULT-VALUE}.")
    private String kind = "";

    @Option(
        names = "--train",
        defaultValue = "10000",
        description = "Training examples. Default: ${DEFAULT-VALUE}.")
    private int train;

    @Option(
        names = "--test",
        defaultValue = "2000",
        description = "Test examples. Default: ${DEFAULT-VALUE}.")
    private int test;

    @Option(
        names = "--seed",
        defaultValue = "20",
        description = "Seed of the drawings. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Override
    Result run() {
      return ZooKeeper.data(kind, directory, train, test, seed);
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
        names = "--task",
        paramLabel = "TASK",
        description =
            "What a model with random weights that reads text is for, such as"
                + " text-classification. Default: the first that `espalier zoo list` has for it.")
    private Optional<String> task = Optional.empty();

    @Option(
        names = "--seed",
        defaultValue = "0",
        description = "Seed of random weights. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Override
    Result run() {
      return ZooKeeper.model(name, directory, random, task, seed);
    }
  }

  /** Trains a model that ships. */
  @Command(
      name = "train",
      description = "Make a trained model that ships again: draw its data and train it on them.")
  static final class Train extends Task {
    @Parameters(paramLabel = "DIR", description = "Where data and model go.")
    private Path directory = Path.of("");

    @Option(
        names = "--model",
        defaultValue = "cifar_resnet20",
        description = "The model: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.",
        completionCandidates = Trained.class)
    private String model = "";

    @Override
    Result run() {
      try (var narration = Narration.toStandardError()) {
        ZooKeeper.train(model, directory, narration);
      }
      return Result.of(
          JsonNodeFactory.instance.objectNode().put("model", directory.resolve("model").toString()),
          "wrote " + directory.resolve("model"));
    }
  }

  /** Names of the trained models that ship. */
  static final class Trained implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Zoo.names().iterator();
    }
  }
}
