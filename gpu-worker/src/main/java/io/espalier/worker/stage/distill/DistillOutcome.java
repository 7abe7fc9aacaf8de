package io.espalier.worker.stage.distill;

import io.espalier.worker.algorithm.evaluate.Judgement;
import java.util.Optional;

/**
 * Quality of the models of a distillation on the same samples.
 *
 * @param before the student as it came
 * @param after the student as it goes out
 * @param teacher its teacher
 * @param correction what became of the teacher before; empty if it is as it came
 */
record DistillOutcome(
    Judgement before, Judgement after, Judgement teacher, Optional<String> correction) {}
