package io.espalier.worker.algorithm.fastnas;

import ai.djl.ndarray.NDManager;
import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.evaluate.Tally;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.Surgery;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.List;

/**
 * A pruning from files to files: measures the model, searches, cuts the files, calibrates BatchNorm
 * in the result, and measures that as it lies on disk.
 */
public final class Pruning {
  /**
   * What came out.
   *
   * @param before the model that went in, as it was delivered
   * @param after the model that came out
   * @param outcome what the search chose
   * @param device the device it ran on, in words
   */
  public record Result(Measured before, Measured after, FastNas.Outcome outcome, String device) {}

  private final Plan plan;
  private final Budget budget;
  private final FastNas fastNas;
  private final Measuring measuring;
  private final Progress.Listener progress;

  /**
   * A pruning of a plan's model.
   *
   * @param search images that the search scores and calibrates on
   * @param judge images that before and after are measured on
   */
  public Pruning(
      Plan plan,
      Budget budget,
      FastNasSettings settings,
      ImageDataset search,
      ImageDataset judge,
      Progress.Listener progress) {
    this.plan = plan;
    this.budget = budget;
    this.fastNas = new FastNas(plan, settings, search);
    this.measuring = new Measuring(plan.family(), judge, settings.batchSize(), progress);
    this.progress = progress;
  }

  /**
   * Prunes.
   *
   * @param output empty directory for the result
   * @param checkpoints directory for sensitivity maps, which a later pruning continues or reuses
   */
  public Result run(Path output, Path checkpoints) {
    try (NDManager manager = PyTorch.newManager();
        Weights original = Weights.load(plan.model(), plan.architecture(), manager)) {
      Tally before = measuring.tally("measuring the original", original);
      FastNas.Outcome outcome = fastNas.search(original, budget, checkpoints, progress);
      Surgery.cut(plan.model(), plan.architecture(), outcome.kept(), output);
      calibrate(output, manager);
      Plan cut = Plan.of(ModelDirectory.open(output), 1);
      requireWithinBudget(output, cut.costs().cost(Widths.all()));
      try (Weights result = Weights.load(cut.model(), cut.architecture(), manager)) {
        Tally after = measuring.tally("measuring the result", result);
        List<Latency> latencies = measuring.latencies(original, result);
        return new Result(
            new Measured(plan.costs().cost(Widths.all()), before.quality(), 1, latencies.get(0)),
            new Measured(
                cut.costs().cost(Widths.all()),
                after.quality(),
                Tally.agreement(before.said(), after.said()),
                latencies.get(1)),
            outcome,
            PyTorch.device());
      }
    }
  }

  private void calibrate(Path output, NDManager manager) {
    progress.report(Progress.of("calibrating BatchNorm", 0, 1));
    Plan cut = Plan.of(ModelDirectory.open(output), 1);
    try (Weights weights = Weights.load(cut.model(), cut.architecture(), manager)) {
      fastNas.recalibrate(weights, fastNas.calibrationImages());
      RunningStatistics.write(cut.model(), weights);
    }
    progress.report(Progress.of("calibrating BatchNorm", 1, 1));
  }

  private void requireWithinBudget(Path output, Cost cost) {
    for (Budget.Bound bound : budget.bounds()) {
      if (!bound.holds(cost)) {
        throw new WorkerException(
            "the cut model in %s has %d %s, but at most %d were allowed; it must not be used"
                .formatted(
                    output, bound.quantity().of(cost), bound.quantity().unit(), bound.limit()),
            false,
            null);
      }
    }
  }
}
