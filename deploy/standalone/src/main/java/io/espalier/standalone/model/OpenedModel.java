package io.espalier.standalone.model;

import io.espalier.worker.algorithm.evaluate.TextMetrics;
import io.espalier.worker.algorithm.fastnas.FastNasPlan;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.model.KnownModel;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.Family;
import io.espalier.worker.model.family.TextFamily;
import java.nio.file.Path;
import java.util.List;

/**
 * A model directory that has been checked: its files are whole, its family is known, and every
 * tensor has the shape that its architecture asks for.
 *
 * @param directory its files
 * @param family its family
 * @param architecture what it is made of
 * @param task what it does, in Hugging Face's words
 * @param measured names of what is measured of how good it is
 * @param maskable whether it has heads and neurons that can be masked
 */
public record OpenedModel(
    ModelDirectory directory,
    Family family,
    Architecture architecture,
    String task,
    List<String> measured,
    boolean maskable) {
  /** A model; the list is copied. */
  public OpenedModel {
    measured = List.copyOf(measured);
  }

  /**
   * Opens a directory; reads headers only.
   *
   * @throws io.espalier.worker.domain.InvalidInputException with every problem
   */
  public static OpenedModel open(Path path) {
    KnownModel known = KnownModel.of(ModelDirectory.open(path));
    return known instanceof TextModel text
        ? of(known, text.network().input().task().key(), TextMetrics.names(text.network().input()))
        : of(known, known.family().tasks().get(0), List.of("accuracy", "loss"));
  }

  private static OpenedModel of(KnownModel known, String task, List<String> measured) {
    return new OpenedModel(
        known.directory(),
        known.family(),
        known.architecture(),
        task,
        measured,
        known.maskable().isPresent());
  }

  /** Returns whether it reads text. */
  public boolean readsText() {
    return family instanceof TextFamily;
  }

  /** Returns what it costs as it is. */
  public Cost cost() {
    return FastNasPlan.whole(architecture, directory);
  }
}
