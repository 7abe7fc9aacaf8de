package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.algorithm.evaluate.ImageMetrics;
import io.espalier.worker.domain.job.Reconstruction;
import java.util.Optional;

/**
 * Completion of a cut model before it went out.
 *
 * @param calibrationImages images that BatchNorm was calibrated on
 * @param reconstruction empty if none was wanted
 * @param plain what the plain cut says of the data that before and after are measured on; empty if
 *     nothing was reconstructed
 */
public record CompletedCut(
    int calibrationImages, Optional<Reconstruction> reconstruction, Optional<ImageMetrics> plain) {}
