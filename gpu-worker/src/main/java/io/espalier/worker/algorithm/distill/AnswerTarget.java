package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;

/** What a student's rows are to be. */
@FunctionalInterface
interface AnswerTarget {
  /** Sum over the rows of a student, (rows, scores), of how far they are from it; a scalar. */
  NDArray loss(NDArray student);
}
