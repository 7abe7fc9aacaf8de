package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.algorithm.evaluate.Evaluation.Quality;
import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.search.Cost;

/**
 * A model in numbers.
 *
 * @param cost what it costs
 * @param quality how well it tells classes apart
 * @param agreement fraction of images of which it says the same as the model that went in
 * @param latency how fast it is on this device
 */
public record Measured(Cost cost, Quality quality, double agreement, Latency latency) {}
