package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.tensor.Tensors;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Loss of what one linear layer, shared by all layers of a student, makes of what leaves one of
 * them. It is trained along and left behind.
 *
 * <p>Source: Jiao et al., TinyBERT, arXiv 1909.10351, section 3.1, whose layer has no bias either.
 *
 * @param student layer of the student
 * @param teacher layer of the teacher
 * @param projection the shared layer
 * @param loss distance of the channels of a token
 * @param weight factor of the loss
 */
public record ProjectedLoss(
    int student, int teacher, Projection projection, FeatureLoss loss, double weight)
    implements InnerTerm {
  private static final String WEIGHT = "projection.weight";

  /**
   * A linear layer without bias.
   *
   * @param from channels of the student
   * @param to channels of the teacher
   * @param seed decides it at first
   */
  public record Projection(int from, int to, long seed) {}

  /**
   * Losses of each layer, of equal weights.
   *
   * @param origins for each layer of the student, which of the teacher's it is compared with
   * @param weight of all of them together
   */
  public static List<InnerTerm> ofLayers(
      List<Integer> origins, Projection projection, FeatureLoss loss, double weight) {
    return IntStream.range(0, origins.size())
        .<InnerTerm>mapToObj(
            layer ->
                new ProjectedLoss(
                    layer, origins.get(layer), projection, loss, weight / origins.size()))
        .toList();
  }

  @Override
  public Tap ofStudent() {
    return Tap.state(student);
  }

  @Override
  public Tap ofTeacher() {
    return Tap.state(teacher);
  }

  @Override
  public List<Companion> companions() {
    return List.of(
        Companion.of(
            WEIGHT, projection.seed(), projection.from(), projection.to(), projection.from()));
  }

  @Override
  public NDArray wanted(NDArray found) {
    NDArray rows = InnerLoss.rows(found);
    requireWidth(rows, "teacher", teacher, projection.to());
    return rows;
  }

  @Override
  public NDArray losses(
      NDArray found,
      NDArray wanted,
      Function<String, NDArray> companions,
      SplittableRandom random) {
    NDArray rows = InnerLoss.rows(found);
    requireWidth(rows, "student", student, projection.from());
    return loss.rows(Tensors.linear(rows, companions.apply(WEIGHT)), wanted);
  }

  private static void requireWidth(NDArray rows, String whose, int layer, int width) {
    if (rows.getShape().get(1) != width) {
      throw new InvalidInputException(
          "projection of hidden states: wanted %d channels behind layer %d of the %s, found %d"
              .formatted(width, layer, whose, rows.getShape().get(1)));
    }
  }
}
