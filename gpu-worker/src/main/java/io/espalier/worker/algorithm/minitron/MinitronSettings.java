package io.espalier.worker.algorithm.minitron;

import io.espalier.worker.algorithm.minitron.cut.DepthCriterion;
import io.espalier.worker.algorithm.minitron.measure.ActivationSettings;
import io.espalier.worker.algorithm.minitron.measure.SubnetMetric;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;

/**
 * Settings of a pruning.
 *
 * @param activations how units are listened to
 * @param score what candidates are compared by
 * @param depth how it is decided which layers go
 * @param reconstruct whether layers behind the cut are solved for anew
 */
public record MinitronSettings(
    ActivationSettings activations,
    SubnetMetric score,
    DepthCriterion depth,
    ReconstructionMode reconstruct) {}
