package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.algorithm.evaluate.Evaluation.Quality;
import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.search.Cost;

/**
 * A model in numbers.
 *
 * @param cost what it costs
 * @param quality how well it tells classes apart
 * @param latency how fast it is on this device
 */
public record Measured(Cost cost, Quality quality, Latency latency) {}
