package io.espalier.worker.stage.distill;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
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
 * Origins of a student's layers and channels in its teacher, as the stages between both tell them.
 *
 * @param layers for each layer of the student, which of the teacher's it was
 * @param channels for each channel of its stream, which of the teacher's it was; empty if all are
 *     left
 */
record StudentOrigins(List<Integer> layers, List<Integer> channels) {
  private static final String ROTATION = "rotation";

  /**
   * Reads the espalier.json of both.
   *
   * @param layers number of the student's layers
   * @throws InvalidInputException if channels were rotated, so that none is one of the teacher's,
   *     or student and teacher do not fit
   */
  static StudentOrigins of(TextModel student, TextModel teacher, int layers) {
    List<JsonNode> stages = stages(student.directory().path());
    int known = stages(teacher.directory().path()).size();
    List<Integer> keptLayers = List.of();
    List<Integer> keptChannels = List.of();
    for (JsonNode stage : stages.subList(Math.min(known, stages.size()), stages.size())) {
      if (stage.at("/change/hidden").asText().equals(ROTATION)) {
        throw new InvalidInputException(
            "distill: the stream of %s was rotated, so its channels are none of the teacher's; leave hidden and mode out, or prune with hidden: channels"
                .formatted(student.directory().path()));
      }
      keptLayers = after(keptLayers, stage, AxisKind.LAYERS);
      keptChannels = after(keptChannels, stage, AxisKind.HIDDEN);
    }
    List<Integer> origins =
        keptLayers.isEmpty() ? IntStream.range(0, layers).boxed().toList() : keptLayers;
    int wide = student.network().hiddenSize();
    if (origins.size() != layers
        || (keptChannels.isEmpty()
            ? wide != teacher.network().hiddenSize()
            : wide != keptChannels.size())) {
      throw new InvalidInputException(
          "distill: %s does not say which of the teacher's layers and channels its %d layers of %d channels were; leave hidden and mode out, or distil what was pruned here"
              .formatted(student.directory().path(), layers, wide));
    }
    return new StudentOrigins(origins, keptChannels);
  }

  private static List<JsonNode> stages(Path model) {
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
