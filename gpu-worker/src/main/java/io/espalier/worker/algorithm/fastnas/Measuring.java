package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.algorithm.evaluate.Evaluation;
import io.espalier.worker.algorithm.evaluate.Evaluation.Quality;
import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.family.Family;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.tensor.Weights;

/** Measures models of a family on the same data. */
record Measuring(Family family, ImageDataset data, int batch, Progress.Listener progress) {
  private static final int LATENCY_REPETITIONS = 50;

  /** Measures a model that is whole in its own cost model. */
  Measured measure(String phase, Weights weights, CostModel costs) {
    Quality quality =
        Evaluation.quality(
            family,
            weights,
            data,
            batch,
            step -> progress.report(new Progress(phase, step.done(), step.total(), step.values())));
    Latency latency =
        Evaluation.latency(
            family, weights, LATENCY_REPETITIONS, data.channels(), data.height(), data.width());
    return new Measured(costs.cost(Widths.all()), quality, latency);
  }
}
