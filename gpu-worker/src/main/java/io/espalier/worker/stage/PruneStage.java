package io.espalier.worker.stage;

import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.domain.job.StageReport;
import java.util.List;
import java.util.Set;

/** Prunes a model by the algorithm that its specification names. */
public final class PruneStage implements Stage {
  /** Names of the algorithms that there are. */
  static final List<String> ALGORITHMS = List.of(PruneSpec.FASTNAS, GradNasSpec.GRADNAS);

  private static final Pruner FASTNAS = new FastNasPruner();
  private static final Pruner GRADNAS = new GradNasPruner();

  @Override
  public StageKind kind() {
    return StageKind.PRUNE;
  }

  @Override
  public String version() {
    return "%s-%s, %s-%s"
        .formatted(PruneSpec.FASTNAS, FASTNAS.version(), GradNasSpec.GRADNAS, GRADNAS.version());
  }

  @Override
  public void check(StageJob job) {
    pruner(job).check(job);
  }

  @Override
  public Set<String> metrics(StageJob job) {
    return pruner(job).metrics(job);
  }

  @Override
  public StageReport run(StageJob job, Progress.Listener progress) {
    return pruner(job).run(job, progress);
  }

  /** What names none, or one that is not known, is refused by the first, with all its problems. */
  private static Pruner pruner(StageJob job) {
    return GradNasSpec.isNamedBy(job.spec()) ? GRADNAS : FASTNAS;
  }
}
