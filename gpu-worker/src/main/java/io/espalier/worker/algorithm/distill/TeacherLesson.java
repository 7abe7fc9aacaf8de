package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * What a teacher says of some samples.
 *
 * @param output what a student is to say
 * @param inner what it is to compute on the way, for each of the losses that were asked for
 */
record TeacherLesson(AnswerTarget output, List<NDArray> inner) {}
