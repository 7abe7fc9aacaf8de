package io.espalier.standalone.model;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.standalone.report.Narration;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TextTable;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.zoo.DemoModel;
import io.espalier.worker.zoo.RandomModel;
import io.espalier.worker.zoo.Zoo;
import java.nio.file.Path;
import java.util.TreeSet;

/** Hands out what is in the zoo. */
public final class ZooKeeper {
  private ZooKeeper() {}

  /** What there is. */
  public static Result list() {
    var names = new TreeSet<>(Zoo.architectures());
    names.addAll(Zoo.names());
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    var models = json.putArray("models");
    var table = new TextTable("model", "weights");
    for (String name : names) {
      boolean trained = Zoo.names().contains(name);
      models.addObject().put("name", name).put("trained", trained);
      table.row(name, trained ? "trained, or random with --random" : "random");
    }
    return Result.of(json, table.toString());
  }

  /** Draws images. */
  public static Result data(Path directory, int train, int test, long seed) {
    Zoo.writeShapes(directory, train, test, seed);
    String uri = DataUri.of(directory.toString()).toString();
    ObjectNode json =
        JsonNodeFactory.instance
            .objectNode()
            .put("train", uri + "?split=train")
            .put("test", uri + "?split=test");
    return Result.of(json, "wrote %s?split=train\nwrote %s?split=test".formatted(uri, uri));
  }

  /** Writes a model. */
  public static Result model(String name, Path directory, boolean random, long seed) {
    var known = new TreeSet<>(Zoo.architectures());
    known.addAll(Zoo.names());
    if (!known.contains(name)) {
      throw new InvalidInputException(
          "the zoo has no model '%s'; it has %s".formatted(name, String.join(", ", known)));
    }
    if (!random && Zoo.names().contains(name)) {
      Zoo.writeModel(name, directory);
    } else {
      Zoo.writeRandomModel(RandomModel.of(name, seed), directory);
    }
    return Result.of(
        JsonNodeFactory.instance.objectNode().put("model", directory.toString()),
        "wrote " + directory);
  }

  /** Trains the model that ships. */
  public static void train(Path directory, Narration narration) {
    Zoo.train(
        DemoModel.RESNET20,
        directory,
        progress ->
            narration.progress(
                progress.phase(), progress.done(), progress.total(), Words.of(progress.values())));
  }
}
