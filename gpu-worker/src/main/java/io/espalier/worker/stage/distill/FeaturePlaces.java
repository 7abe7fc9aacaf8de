package io.espalier.worker.stage.distill;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.model.VisionModel;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.model.family.Section;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Places at which feature maps of a student and its teacher are compared: behind the last section
 * of each size.
 *
 * @param places sections of both, with channels of each
 */
record FeaturePlaces(List<Place> places) {
  /** A section with the channels that leave it in student and teacher. */
  record Place(int section, int student, int teacher) {}

  /**
   * Finds them by a pass of one image.
   *
   * @throws InvalidInputException if there are none, or the maps of both differ in more than their
   *     channels
   */
  static FeaturePlaces of(
      VisionModel student, Weights weights, VisionModel teacher, Weights teacherWeights) {
    List<Shape> own = shapes(student, weights);
    List<Shape> others = shapes(teacher, teacherWeights);
    List<Place> places = new ArrayList<>();
    for (int i : ends(others)) {
      if (own.size() != others.size() || !sameSize(own.get(i), others.get(i))) {
        throw new InvalidInputException(
            "distill.features: behind section %d the student passes %s on, the teacher %s; maps of one size are needed, so leave features out"
                .formatted(i, i < own.size() ? own.get(i) : "nothing", others.get(i)));
      }
      places.add(new Place(i, channels(own.get(i)), channels(others.get(i))));
    }
    if (places.isEmpty()) {
      throw new InvalidInputException(
          "distill.features: %s of family %s passes no feature maps on; leave features out"
              .formatted(teacher.directory().path(), teacher.family().name()));
    }
    return new FeaturePlaces(places);
  }

  private static List<Shape> shapes(VisionModel model, Weights weights) {
    InputSpec input = model.input();
    List<Shape> shapes = new ArrayList<>();
    try (NDManager manager = PyTorch.newManager();
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      float[] black = new float[input.channels() * input.height() * input.width()];
      NDArray x =
          Tensors.images(manager, black, 1, input.channels(), input.height(), input.width());
      for (Section section : model.family().sections(weights)) {
        x = section.forward(x, Mode.EVALUATE);
        shapes.add(x.getShape());
      }
    }
    return shapes;
  }

  /** Sections with maps of more than one point, behind which maps have another size or end. */
  private static int[] ends(List<Shape> shapes) {
    return IntStream.range(0, shapes.size())
        .filter(i -> isMap(shapes.get(i)))
        .filter(i -> i + 1 == shapes.size() || !sameSize(shapes.get(i), shapes.get(i + 1)))
        .toArray();
  }

  private static boolean isMap(Shape shape) {
    return shape.dimension() == 4 && shape.get(2) * shape.get(3) > 1;
  }

  private static boolean sameSize(Shape a, Shape b) {
    return isMap(a) && isMap(b) && a.get(2) == b.get(2) && a.get(3) == b.get(3);
  }

  private static int channels(Shape shape) {
    return Math.toIntExact(shape.get(1));
  }

  /**
   * Which of the teacher's channels each of the student's is, for each place; empty if all are
   * left.
   *
   * @param sections of the teacher
   * @param kept its units that are left
   * @throws InvalidInputException if that cannot be told
   */
  List<List<Integer>> channels(List<Section> sections, Architecture teacher, Kept kept) {
    return places.stream().map(place -> channels(place, sections, teacher, kept)).toList();
  }

  private static List<Integer> channels(
      Place place, List<Section> sections, Architecture teacher, Kept kept) {
    int[] left =
        readBehind(place.section(), sections, teacher)
            .filter(read -> read.size() == place.teacher())
            .map(read -> read.indices(kept))
            .filter(indices -> indices.length == place.student())
            .orElseThrow(
                () ->
                    new InvalidInputException(
                        "distill.features: which of the teacher's %d channels the student's %d behind section %d were cannot be told in family %s; ask for loss: mgd"
                            .formatted(
                                place.teacher(),
                                place.student(),
                                place.section(),
                                teacher.family())));
    return left.length == place.teacher() ? List.of() : Arrays.stream(left).boxed().toList();
  }

  /** The dimension that the first layer behind a section reads. */
  private static Optional<Dimension> readBehind(
      int section, List<Section> sections, Architecture teacher) {
    for (Section next : sections.subList(section + 1, sections.size())) {
      Optional<Layer> first =
          teacher.layers().stream().filter(layer -> next.reads(layer.weight())).findFirst();
      if (first.isPresent()) {
        return first.map(layer -> layer.depthwise() ? layer.out() : layer.in());
      }
    }
    return Optional.empty();
  }
}
