package io.espalier.worker.algorithm.minitron;

import io.espalier.worker.algorithm.minitron.cut.DepthCriterion;
import io.espalier.worker.algorithm.minitron.measure.ActivationSettings;
import io.espalier.worker.algorithm.minitron.measure.SubnetMetric;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import java.util.OptionalInt;

/**
 * Settings of a pruning.
 *
 * @param activations how units are listened to
 * @param score what candidates are compared by
 * @param depth how it is decided which layers go
 * @param reconstruct whether layers behind the cut are solved for anew
 * @param rankAfter steps for which candidates learn before they are compared; empty if they are
 *     compared as they are cut
 */
public record MinitronSettings(
    ActivationSettings activations,
    SubnetMetric score,
    DepthCriterion depth,
    ReconstructionMode reconstruct,
    OptionalInt rankAfter) {}
