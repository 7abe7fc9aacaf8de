package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;

/** Loss of something that a student computes on the way, against something of its teacher's. */
public interface InnerTerm {
  /** Returns what is looked at in the student. */
  Tap ofStudent();

  /** Returns what is looked at in the teacher. */
  Tap ofTeacher();

  /** Factor of the loss. */
  double weight();

  /**
   * Weights that are trained along with the student for this loss alone; terms may share by name.
   */
  default List<Companion> companions() {
    return List.of();
  }

  /** Returns whether something is drawn in each step. */
  default boolean draws() {
    return false;
  }

  /**
   * Target of what the student computes.
   *
   * @param found what is found in the teacher
   * @throws io.espalier.worker.domain.InvalidInputException if it does not fit
   */
  NDArray wanted(NDArray found);

  /**
   * The loss of each point or token, sample after sample, (rows); differentiable by what is found
   * and by the companions.
   *
   * @param found what is found in the student
   * @param companions gives what is trained along, by name
   * @param random decides what is drawn
   * @throws io.espalier.worker.domain.InvalidInputException if it does not fit
   */
  NDArray losses(
      NDArray found, NDArray wanted, Function<String, NDArray> companions, SplittableRandom random);
}
