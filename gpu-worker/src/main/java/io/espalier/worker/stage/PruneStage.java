package io.espalier.worker.stage;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.domain.job.StageReport;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Prunes a model by the algorithm that its specification names. */
public final class PruneStage implements Stage {
  /** Names of the algorithms that there are. */
  static final List<String> ALGORITHMS =
      List.of(PruneSpec.FASTNAS, GradNasSpec.GRADNAS, MinitronSpec.MINITRON);

  private static final Pruner FASTNAS = new FastNasPruner();
  private static final Pruner GRADNAS = new GradNasPruner();
  private static final Pruner MINITRON = new MinitronPruner();

  @Override
  public StageKind kind() {
    return StageKind.PRUNE;
  }

  @Override
  public String version() {
    return ALGORITHMS.stream()
        .map(algorithm -> algorithm + "-" + named(algorithm).version())
        .collect(Collectors.joining(", "));
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
    try {
      return named(SpecReader.algorithm(job.spec()));
    } catch (InvalidInputException e) {
      return FASTNAS;
    }
  }

  private static Pruner named(String algorithm) {
    return switch (algorithm) {
      case GradNasSpec.GRADNAS -> GRADNAS;
      case MinitronSpec.MINITRON -> MINITRON;
      default -> FASTNAS;
    };
  }
}
