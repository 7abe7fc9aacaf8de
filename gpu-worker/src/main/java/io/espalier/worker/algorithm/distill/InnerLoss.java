package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.tensor.Tensors;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Loss of what a student computes on the way, against what its teacher computes at the place that
 * it came from.
 *
 * <p>A place is a layer of a transformer, counted from 0, and what leaves it; of a network that
 * reads images a {@linkplain io.espalier.worker.model.family.VisionFamily#sections section}.
 *
 * @param student place in the student
 * @param teacher place in the teacher
 * @param kept which of the teacher's channels each of the student's is; empty if all are left
 * @param loss distance of the channels of a point or token
 * @param weight factor of the loss
 */
public record InnerLoss(
    int student, int teacher, List<Integer> kept, FeatureLoss loss, double weight)
    implements InnerTerm {
  /** A loss; the list is copied. */
  public InnerLoss {
    kept = List.copyOf(kept);
    if (student < 0 || teacher < 0 || !(weight > 0 && weight < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "places %d and %d with weight %s: places count from 0, and a weight is positive"
              .formatted(student, teacher, weight));
    }
  }

  /**
   * Losses of what leaves each layer of a transformer, of equal weights.
   *
   * @param origins for each layer of the student, which of the teacher's it was
   * @param kept see above
   * @param weight of all of them together
   */
  public static List<InnerLoss> ofLayers(
      List<Integer> origins, List<Integer> kept, FeatureLoss loss, double weight) {
    return IntStream.range(0, origins.size())
        .mapToObj(
            layer -> new InnerLoss(layer, origins.get(layer), kept, loss, weight / origins.size()))
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
  public NDArray losses(
      NDArray found,
      NDArray wanted,
      Function<String, NDArray> companions,
      SplittableRandom random) {
    return of(found, wanted);
  }

  /**
   * Returns the teacher's channels as the student has them, (rows, width).
   *
   * @param state of the teacher, see {@link #rows}
   */
  @Override
  public NDArray wanted(NDArray state) {
    NDArray all = rows(state);
    if (kept.isEmpty()) {
      return all;
    }
    long width = all.getShape().get(1);
    if (kept.stream().anyMatch(channel -> channel < 0 || channel >= width)) {
      throw new InvalidInputException(
          "inner loss of the teacher's place %d: it has %d channels, but those kept go from %d to %d; is the map that of this teacher?"
              .formatted(
                  teacher,
                  width,
                  kept.stream().min(Integer::compare).orElseThrow(),
                  kept.stream().max(Integer::compare).orElseThrow()));
    }
    return Tensors.select(all, 1, kept.stream().mapToInt(Integer::intValue).toArray());
  }

  /**
   * The loss of each row, (rows).
   *
   * @param state of the student
   * @param wanted of the teacher
   * @throws InvalidInputException if they have different widths or numbers of rows
   */
  NDArray of(NDArray state, NDArray wanted) {
    NDArray found = rows(state);
    if (!found.getShape().equals(wanted.getShape())) {
      throw new InvalidInputException(
          "inner loss of the student's place %d against the teacher's %d: the student has %s (rows, channels), the teacher %s; say which channels were kept, or choose places where both agree"
              .formatted(student, teacher, found.getShape(), wanted.getShape()));
    }
    return loss.rows(found, wanted);
  }

  /**
   * Channels of each point or token: of (batch, channels, h, w) and of (batch, tokens, channels).
   */
  static NDArray rows(NDArray state) {
    return switch (state.getShape().dimension()) {
      case 4 -> Tensors.points(state);
      case 3 ->
          Tensors.reshape(
              state, state.getShape().get(0) * state.getShape().get(1), state.getShape().get(2));
      default -> state;
    };
  }
}
