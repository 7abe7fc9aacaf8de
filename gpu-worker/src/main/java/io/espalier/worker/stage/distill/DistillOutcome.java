package io.espalier.worker.stage.distill;

import io.espalier.worker.algorithm.evaluate.Judgement;
import java.util.Map;

/**
 * Quality of the models of a distillation on the same samples.
 *
 * @param before the student as it came
 * @param after the student as it goes out
 * @param teacher its teacher
 * @param details what else is to be told, by key: layers that learned one by one, checkpoints, a
 *     teacher that was corrected
 */
record DistillOutcome(
    Judgement before, Judgement after, Judgement teacher, Map<String, String> details) {}
