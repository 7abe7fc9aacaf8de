package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Loss of what leaves a student's layer whose stream runs along some directions of its teacher's.
 *
 * @param student layer of the student
 * @param teacher layer of the teacher
 * @param directions those of the student's stream
 * @param loss distance of the channels of a token
 * @param weight factor of the loss
 */
public record RotatedLoss(
    int student, int teacher, Directions directions, FeatureLoss loss, double weight)
    implements InnerTerm {
  /**
   * Directions, orthonormal.
   *
   * @param count how many
   * @param width channels of the stream that they are directions of
   * @param rows one after another
   */
  @SuppressWarnings("ArrayRecordComponent") // as large as a weight; nobody changes them
  public record Directions(int count, int width, float[] rows) {
    /** Tells them from others, for fingerprints. */
    @Override
    public String toString() {
      return "%d of %d, %08x".formatted(count, width, Arrays.hashCode(rows));
    }
  }

  /**
   * Losses of each layer, of equal weights.
   *
   * @param origins for each layer of the student, which of the teacher's it was
   * @param weight of all of them together
   */
  public static List<InnerTerm> ofLayers(
      List<Integer> origins, Directions directions, FeatureLoss loss, double weight) {
    return IntStream.range(0, origins.size())
        .<InnerTerm>mapToObj(
            layer ->
                new RotatedLoss(
                    layer, origins.get(layer), directions, loss, weight / origins.size()))
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
  public NDArray wanted(NDArray found) {
    NDArray rows = InnerLoss.rows(found);
    if (rows.getShape().get(1) != directions.width()) {
      throw new InvalidInputException(
          "inner loss of the teacher's layer %d: it has %d channels, but directions of %d were kept; are they those of this teacher?"
              .formatted(teacher, rows.getShape().get(1), directions.width()));
    }
    NDArray basis =
        Tensors.of(found.getManager(), directions.rows(), directions.count(), directions.width());
    return Tensors.products(rows, Tensors.inTypeOf(rows, basis));
  }

  @Override
  public NDArray losses(
      NDArray found,
      NDArray wanted,
      Function<String, NDArray> companions,
      SplittableRandom random) {
    return new InnerLoss(student, teacher, List.of(), loss, weight).of(found, wanted);
  }
}
