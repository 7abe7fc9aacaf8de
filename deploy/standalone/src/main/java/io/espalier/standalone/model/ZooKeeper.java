package io.espalier.standalone.model;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.standalone.report.Narration;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TextTable;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.zoo.DrawnText;
import io.espalier.worker.zoo.Zoo;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/** Hands out what is in the zoo. */
public final class ZooKeeper {
  private static final String SHAPES = "shapes";

  private ZooKeeper() {}

  /** Returns what there is. */
  public static Result list() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    var models = json.putArray("models");
    var table = new TextTable("model", "weights", "for");
    for (String name : known()) {
      boolean trained = Zoo.names().contains(name);
      List<String> tasks = Zoo.tasks(name).stream().map(TextTask::key).toList();
      ObjectNode model = models.addObject().put("name", name).put("trained", trained);
      tasks.forEach(model.putArray("tasks")::add);
      table.row(
          name,
          trained ? "trained, or random with --random" : "random",
          tasks.isEmpty() ? "image-classification" : String.join(", ", tasks));
    }
    return Result.of(json, table.toString());
  }

  private static SortedSet<String> known() {
    var known = new TreeSet<>(Zoo.architectures());
    known.addAll(Zoo.names());
    return known;
  }

  /**
   * Draws a data set.
   *
   * @param kind shapes, or what texts are called that can be drawn
   */
  public static Result data(String kind, Path directory, int train, int test, long seed) {
    write(
        directory,
        () -> {
          if (kind.equals(SHAPES)) {
            Zoo.writeShapes(directory, train, test, seed);
          } else {
            Zoo.writeTexts(DrawnText.of(kind), directory, train, test, seed);
          }
        });
    String uri = DataUri.of(directory.toString()).toString();
    ObjectNode json =
        JsonNodeFactory.instance
            .objectNode()
            .put("train", uri + "?split=train")
            .put("test", uri + "?split=test");
    return Result.of(json, "wrote %s?split=train\nwrote %s?split=test".formatted(uri, uri));
  }

  /**
   * Writes a model.
   *
   * @param task what a model with random weights that reads text is for; empty for its first
   */
  public static Result model(
      String name, Path directory, boolean random, Optional<String> task, long seed) {
    if (!known().contains(name)) {
      throw new InvalidInputException(
          "the zoo has no model '%s'; it has %s".formatted(name, String.join(", ", known())));
    }
    write(
        directory,
        () -> {
          if (!random && task.isEmpty() && Zoo.names().contains(name)) {
            Zoo.writeModel(name, directory);
          } else {
            Zoo.writeRandomModel(name, directory, task, seed);
          }
        });
    return Result.of(
        JsonNodeFactory.instance.objectNode().put("model", directory.toString()),
        "wrote " + directory);
  }

  /** Trains a model that ships. */
  public static void train(String name, Path directory, Narration narration) {
    write(
        directory,
        () ->
            Zoo.train(
                name,
                directory,
                progress ->
                    narration.progress(
                        progress.phase(),
                        progress.done(),
                        progress.total(),
                        Words.of(progress.values()))));
  }

  private static void write(Path directory, Runnable writing) {
    try {
      writing.run();
    } catch (UncheckedIOException failed) {
      throw OutputDirectory.refused(directory, Objects.requireNonNull(failed.getCause()));
    }
  }
}
