package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import java.util.Map;

/**
 * What a teacher says of some samples.
 *
 * @param output what a student is to say
 * @param states what leaves the teacher's places that were asked for
 */
record Lesson(Target output, Map<Integer, NDArray> states) {}
