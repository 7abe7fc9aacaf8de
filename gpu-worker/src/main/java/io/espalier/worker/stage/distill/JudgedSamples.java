package io.espalier.worker.stage.distill;

import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.algorithm.train.HeldOut;

/**
 * Samples that a model is measured on before and after.
 *
 * @param samples they
 * @param teacher what the teacher reaches on them
 */
record JudgedSamples(HeldOut samples, Judgement teacher) {}
