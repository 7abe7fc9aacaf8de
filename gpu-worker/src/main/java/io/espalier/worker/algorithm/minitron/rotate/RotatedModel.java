package io.espalier.worker.algorithm.minitron.rotate;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.algorithm.minitron.measure.ActivationSettings;
import io.espalier.worker.algorithm.minitron.measure.TokenBatches;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.minitron.size.NetworkBlueprint;
import io.espalier.worker.algorithm.minitron.size.StreamBasis;
import io.espalier.worker.checkpoint.FileTree;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.TensorHeader;
import io.espalier.worker.checkpoint.surgery.Surgery;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.tensor.StoredRows;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A model beside another one that says the same, but whose stream runs along its principal
 * directions, the strongest first: what cuts channels of it cuts the weakest directions. Lies in a
 * directory that is removed when it is closed.
 */
public final class RotatedModel implements AutoCloseable {
  /** They lie beside the model only as long as it does. */
  private static final String FINGERPRINT = "of the model beside";

  private static final String TIED = "tie_word_embeddings";

  private final Path directory;
  private final DecoderBlueprint blueprint;
  private final List<String> untied;

  private RotatedModel(Path directory, DecoderBlueprint blueprint, List<String> untied) {
    this.directory = directory;
    this.blueprint = blueprint;
    this.untied = List.copyOf(untied);
  }

  /**
   * Makes sure that a model's stream can be rotated.
   *
   * @throws InvalidInputException if it cannot; names the family, or the tensors, and why
   */
  public static void require(NetworkBlueprint blueprint) {
    ModelDirectory model = blueprint.model().directory();
    var problems = new ArrayList<String>();
    blueprint
        .network()
        .fixedStream()
        .ifPresentOrElse(
            why ->
                problems.add(
                    "prune.hidden: rotation wants a decoder whose stream RMSNorm reads, such as Llama, but %s is of family %s: %s; ask for hidden: channels"
                        .formatted(model.path(), blueprint.model().family().name(), why)),
            () -> requireNumbers(blueprint, problems));
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
  }

  private static void requireNumbers(NetworkBlueprint blueprint, List<String> problems) {
    ModelDirectory model = blueprint.model().directory();
    blueprint.architecture().tensors().stream()
        .filter(spec -> spec.dimensions().stream().anyMatch(d -> d.isAlong(blueprint.hidden())))
        .map(spec -> Objects.requireNonNull(model.tensors().get(spec.name())))
        .filter(tensor -> !StoredRows.supports(tensor.dtype()))
        .forEach(tensor -> problems.add(integers(model, tensor)));
  }

  private static String integers(ModelDirectory model, TensorHeader tensor) {
    return "%s: tensor '%s' is of type %s, which hidden: rotation cannot compute with; ask for hidden: channels"
        .formatted(model.path(), tensor.name(), tensor.dtype());
  }

  /**
   * Finds the directions of a model's stream and leaves the model that runs along them.
   *
   * @param texts what the stream is measured on
   * @param data fingerprint of what they are taken from
   * @param checkpoints directory for the directions, which a later pruning reuses, and for the
   *     model
   * @throws InvalidInputException if {@link #require} refuses it, or it says no numbers
   */
  public static RotatedModel of(
      DecoderBlueprint blueprint,
      ActivationSettings settings,
      TokenBatches texts,
      String data,
      Path checkpoints,
      Progress.Listener progress) {
    require(blueprint);
    StreamDirections directions =
        new DirectionMeasurement(blueprint, settings, texts, data).measure(checkpoints, progress);
    return write(blueprint, directions, checkpoints.resolve("minitron-rotated"));
  }

  static RotatedModel write(
      DecoderBlueprint blueprint, StreamDirections directions, Path directory) {
    FileTree.remove(directory);
    ModelDirectory original = blueprint.model().directory();
    Map<String, String> untied =
        blueprint.network().streamTensors(blueprint.architecture()).untied();
    var more = new LinkedHashMap<>(untied);
    more.keySet().removeAll(original.tensors().keySet());
    directions.write(beside(directory), FINGERPRINT);
    try (var rotation = new StreamRotation(blueprint, directions)) {
      Surgery.rewrite(original, blueprint.architecture(), more, rotation, directory);
    }
    if (!untied.isEmpty()) {
      ObjectNode config = original.config();
      config.put(TIED, false);
      ModelDirectory.writeConfig(directory, config);
    }
    TextModel rotated = TextModel.of(ModelDirectory.open(directory), blueprint.model().tokens());
    return new RotatedModel(
        directory,
        DecoderBlueprint.of(rotated).in(StreamBasis.DIRECTIONS),
        List.copyOf(untied.keySet()));
  }

  /** Returns the model, of whose directions nothing is known yet but their order. */
  public DecoderBlueprint blueprint() {
    return blueprint;
  }

  /** Lists weights that were the embedding's and are no more: norms' weights went into them. */
  public List<String> untied() {
    return untied;
  }

  /**
   * Keeps beside a model that was cut from this one along which directions its stream runs.
   *
   * @param kept those that stay
   */
  public void keepDirections(Path model, int[] kept) {
    StreamDirections all =
        StreamDirections.read(beside(directory), FINGERPRINT, blueprint.hidden().units())
            .orElseThrow(
                () ->
                    new WorkerException(
                        "%s: the directions of the stream are gone; repeat the job"
                            .formatted(beside(directory)),
                        true,
                        null));
    KeptDirections.of(all, kept).write(model);
  }

  private static Path beside(Path directory) {
    return directory.resolveSibling(directory.getFileName() + "-directions.safetensors");
  }

  @Override
  public void close() {
    FileTree.remove(directory);
    FileTree.remove(beside(directory));
  }
}
