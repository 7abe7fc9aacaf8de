package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.algorithm.reconstruct.Reconstruction;
import java.util.Optional;

/**
 * What was done to a cut model before it went out.
 *
 * @param calibrationImages images that BatchNorm was calibrated on
 * @param reconstruction empty if none was wanted
 */
public record Completed(int calibrationImages, Optional<Reconstruction> reconstruction) {}
