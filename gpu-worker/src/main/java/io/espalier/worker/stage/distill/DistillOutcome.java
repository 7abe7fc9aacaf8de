package io.espalier.worker.stage.distill;

import io.espalier.worker.algorithm.evaluate.Judgement;

/**
 * Quality of the models of a distillation on the same samples.
 *
 * @param before the student as it came
 * @param after the student as it goes out
 * @param teacher its teacher
 */
record DistillOutcome(Judgement before, Judgement after, Judgement teacher) {}
