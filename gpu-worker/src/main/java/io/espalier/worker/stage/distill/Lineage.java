package io.espalier.worker.stage.distill;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Attention;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.VisionModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Cuts that made a student of its teacher, in their order, as espalier.json tells them.
 *
 * @param student where it lies
 * @param cuts units that stayed in each
 */
record Lineage(Path student, List<Kept> cuts) {
  /**
   * Attention of a student's layer.
   *
   * @param layer which of the teacher's it was
   * @param heads which of that layer's heads each of its own was
   */
  record Heads(int layer, List<Integer> heads) {}

  /** Reads the espalier.json of both. */
  static Lineage of(Path student, Path teacher) {
    List<JsonNode> stages = StudentOrigins.stages(student);
    int known = Math.min(StudentOrigins.stages(teacher).size(), stages.size());
    return new Lineage(
        student, stages.subList(known, stages.size()).stream().map(Lineage::kept).toList());
  }

  private static Kept kept(JsonNode stage) {
    Map<String, int[]> units = new LinkedHashMap<>();
    JsonNode kept = stage.path("kept");
    for (Iterator<String> axes = kept.fieldNames(); axes.hasNext(); ) {
      String axis = axes.next();
      JsonNode list = kept.path(axis);
      units.put(axis, IntStream.range(0, list.size()).map(i -> list.get(i).asInt()).toArray());
    }
    return new Kept(units);
  }

  /**
   * For each layer of a student, which of its teacher's it is compared with: the one that it was,
   * or where nothing tells that, the one as far from the end as TinyBERT (arXiv 1909.10351) has it:
   * layer m of M with layer m · N / M of N, counted from 1.
   *
   * @param own number of the student's layers
   * @param others number of the teacher's
   */
  List<Integer> layers(int own, int others) {
    List<Integer> left = IntStream.range(0, others).boxed().toList();
    for (Kept cut : cuts) {
      List<Integer> before = left;
      int[] stay = layers(before.size(), cut);
      left = IntStream.of(stay).filter(i -> i < before.size()).mapToObj(before::get).toList();
    }
    return left.size() == own
        ? left
        : IntStream.rangeClosed(1, own).mapToObj(m -> (m * others + own - 1) / own - 1).toList();
  }

  /**
   * The heads of each layer of a student.
   *
   * @throws InvalidInputException if they are not known by their origin
   */
  List<Heads> heads(TextModel student, TextModel teacher) {
    List<Heads> origins = new ArrayList<>();
    Architecture now = teacher.architecture();
    int size = teacher.network().headSize();
    List<Attention> all = now.attentions();
    for (int layer = 0; layer < all.size(); layer++) {
      origins.add(new Heads(layer, heads(all.get(layer), Kept.all(), size)));
    }
    for (Kept cut : cuts) {
      origins = after(origins, now, cut, size);
      now = cut(now, cut);
    }
    List<Integer> wanted = counts(student.architecture(), student.network().headSize());
    List<Integer> found = origins.stream().map(layer -> layer.heads().size()).toList();
    if (!found.equals(wanted)) {
      throw new InvalidInputException(
          "distill.attention: %s has %s heads in its layers, but by its espalier.json and the teacher it would have %s; leave attention out, or distil what was pruned here"
              .formatted(this.student, wanted, found));
    }
    return origins;
  }

  private List<Heads> after(List<Heads> before, Architecture now, Kept cut, int size) {
    List<Heads> left = new ArrayList<>();
    for (int layer : layers(before.size(), cut)) {
      Heads origin = before.get(layer);
      List<Integer> stay = heads(now.attentions().get(layer), cut, size);
      left.add(new Heads(origin.layer(), stay.stream().map(origin.heads()::get).toList()));
    }
    return left;
  }

  private static int[] layers(int all, Kept cut) {
    int[] kept = cut.units().get(AxisKind.LAYERS.key());
    return kept == null ? IntStream.range(0, all).toArray() : kept;
  }

  /** Heads of a layer that stay, whether its axis is one of heads or of groups. */
  private static List<Integer> heads(Attention attention, Kept cut, int size) {
    int[] indices = attention.heads().indices(cut);
    return IntStream.range(0, indices.length / size)
        .mapToObj(head -> indices[head * size] / size)
        .toList();
  }

  private static List<Integer> counts(Architecture architecture, int size) {
    return architecture.attentions().stream()
        .map(attention -> attention.heads().size() / size)
        .toList();
  }

  private Architecture cut(Architecture before, Kept cut) {
    try {
      return before.keep(cut);
    } catch (IllegalArgumentException e) {
      throw new InvalidInputException(
          "%s: its espalier.json does not begin with this teacher: %s; name the model that the student was made from"
              .formatted(student, e.getMessage()));
    }
  }

  /**
   * Units of the teacher's axes that are left in a student that reads images.
   *
   * @throws InvalidInputException if its widths are not known by their origin
   */
  Kept units(VisionModel student, VisionModel teacher) {
    Kept left = Kept.all();
    Architecture now = teacher.architecture();
    for (Kept cut : cuts) {
      for (Axis axis : now.axes()) {
        int[] stay = cut.units().get(axis.name());
        if (stay != null) {
          int[] before = left.of(axis).orElseGet(() -> IntStream.range(0, axis.units()).toArray());
          left = left.with(axis, IntStream.of(stay).map(unit -> before[unit]).toArray());
        }
      }
      now = cut(now, cut);
    }
    if (!shapes(now).equals(shapes(student.architecture()))) {
      throw new InvalidInputException(
          "distill.features: %s does not say which of the teacher's channels its channels were; ask for loss: mgd, leave features out, or distil what was pruned here"
              .formatted(this.student));
    }
    return left;
  }

  private static Map<String, List<Integer>> shapes(Architecture architecture) {
    Map<String, List<Integer>> shapes = new LinkedHashMap<>();
    for (TensorSpec tensor : architecture.tensors()) {
      shapes.put(tensor.name(), tensor.dimensions().stream().map(Dimension::size).toList());
    }
    return shapes;
  }
}
