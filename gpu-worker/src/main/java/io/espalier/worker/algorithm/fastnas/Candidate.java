package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.domain.model.Kept;

/**
 * A choice that was cut and lies in the output directory, BatchNorm calibrated.
 *
 * @param selection the widths, with their cost as it was foretold
 * @param kept the units that stay
 * @param plan what is known of the files
 * @param calibrationImages images that BatchNorm was calibrated on
 * @param original how fast the original is, measured beside it
 * @param result how fast it is
 */
record Candidate(
    Selection selection,
    Kept kept,
    Plan plan,
    int calibrationImages,
    Latency original,
    Latency result) {}
