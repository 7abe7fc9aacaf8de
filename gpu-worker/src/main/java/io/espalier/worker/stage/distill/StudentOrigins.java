package io.espalier.worker.stage.distill;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.espalier.worker.algorithm.layerwise.LayerOrigins;
import io.espalier.worker.algorithm.minitron.rotate.KeptDirections;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.stage.Provenance;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Reader of the origins of a student's layers and channels in its teacher, as the stages between
 * both tell them.
 */
final class StudentOrigins {
  private static final String ROTATION = "rotation";

  private StudentOrigins() {}

  /**
   * Reads the espalier.json of both.
   *
   * @param layers number of the student's layers
   * @throws InvalidInputException if student and teacher do not fit, or nothing tells along which
   *     directions a stream that was rotated runs
   */
  static LayerOrigins of(TextModel student, TextModel teacher, int layers) {
    List<JsonNode> stages = stages(student.directory().path());
    int known = stages(teacher.directory().path()).size();
    List<Integer> keptLayers = List.of();
    List<Integer> keptChannels = List.of();
    int rotations = 0;
    for (JsonNode stage : stages.subList(Math.min(known, stages.size()), stages.size())) {
      keptLayers = after(keptLayers, stage, AxisKind.LAYERS);
      if (rotates(stage)) {
        rotations++;
        requireOne(student, rotations, keptChannels);
      } else {
        keptChannels = after(keptChannels, stage, AxisKind.HIDDEN);
      }
    }
    List<Integer> origins =
        keptLayers.isEmpty() ? IntStream.range(0, layers).boxed().toList() : keptLayers;
    Optional<KeptDirections> rotation =
        rotations == 0 ? Optional.empty() : Optional.of(directions(student, keptChannels));
    int wide = student.network().hiddenSize();
    int from = rotation.map(KeptDirections::width).orElse(teacher.network().hiddenSize());
    int left =
        rotation
            .map(KeptDirections::count)
            .orElse(keptChannels.isEmpty() ? from : keptChannels.size());
    if (origins.size() != layers || wide != left || from != teacher.network().hiddenSize()) {
      throw new InvalidInputException(
          "distill: %s does not say which of the teacher's layers and channels its %d layers of %d channels were; ask for hidden with map: projection, leave hidden and mode out, or distil what was pruned here"
              .formatted(student.directory().path(), layers, wide));
    }
    return new LayerOrigins(origins, rotation.isEmpty() ? keptChannels : List.of(), rotation);
  }

  /** Returns whether a stage left some directions of a stream; if it left all, none was turned. */
  private static boolean rotates(JsonNode stage) {
    return stage.at("/change/hidden").asText().equals(ROTATION)
        && stage.path("kept").has(AxisKind.HIDDEN.key());
  }

  private static void requireOne(TextModel student, int rotations, List<Integer> channels) {
    if (rotations > 1 || !channels.isEmpty()) {
      throw new InvalidInputException(
          "distill: the stream of %s was narrowed before it was rotated, so nothing tells its directions in the teacher's; ask for map: projection, or name the model that was rotated as teacher"
              .formatted(student.directory().path()));
    }
  }

  /** Directions that stayed, of which later stages kept some. */
  private static KeptDirections directions(TextModel student, List<Integer> kept) {
    Path model = student.directory().path();
    KeptDirections found =
        KeptDirections.read(model)
            .orElseThrow(
                () ->
                    new InvalidInputException(
                        "distill: the stream of %s was rotated, but there is no %s beside it that tells its directions; ask for map: projection, or prune anew"
                            .formatted(model, KeptDirections.FILE)));
    return kept.isEmpty()
        ? found
        : found.select(kept.stream().mapToInt(Integer::intValue).toArray());
  }

  /** Returns what a model's espalier.json says of each stage that made it. */
  static List<JsonNode> stages(Path model) {
    List<JsonNode> stages = new ArrayList<>();
    Provenance.of(model)
        .map(made -> made.path("stages"))
        .orElse(MissingNode.getInstance())
        .forEach(stages::add);
    return stages;
  }

  /** Units that are left after a stage, by their numbers before all stages; empty if all are. */
  private static List<Integer> after(List<Integer> before, JsonNode stage, AxisKind kind) {
    Optional<JsonNode> kept = Optional.ofNullable(stage.path("kept").get(kind.key()));
    if (kept.isEmpty()) {
      return before;
    }
    List<Integer> left = new ArrayList<>();
    kept.get()
        .forEach(unit -> left.add(before.isEmpty() ? unit.asInt() : before.get(unit.asInt())));
    return List.copyOf(left);
  }
}
