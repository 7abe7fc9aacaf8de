package io.espalier.worker.stage.prune;

import io.espalier.schemas.stage.FastNasKeys;
import io.espalier.schemas.stage.GradNasKeys;
import io.espalier.schemas.stage.MinitronKeys;
import io.espalier.schemas.stage.PruneStages;
import io.espalier.schemas.stage.StageDeclaration;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.stage.DiskNeed;
import io.espalier.worker.stage.SpecReader;
import io.espalier.worker.stage.Stage;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Prunes a model by the algorithm that its specification names. */
public final class PruneStage implements Stage {
  /** The algorithms, in the order of the words that select them. */
  private static final Map<String, Pruner> ALGORITHMS = algorithms();

  @Override
  public StageDeclaration declaration() {
    return PruneStages.PRUNE;
  }

  @Override
  public String version() {
    return ALGORITHMS.entrySet().stream()
        .map(algorithm -> algorithm.getKey() + "-" + algorithm.getValue().version())
        .collect(Collectors.joining(", "));
  }

  @Override
  public long diskBytes(StageJob job, long inputBytes, Map<String, Long> referenceBytes) {
    SpecReader reader = SpecReader.of(PruneStages.PRUNE, job.spec());
    long usual = DiskNeed.USUAL.bytes(job, inputBytes, referenceBytes);
    return Optional.ofNullable(ALGORITHMS.get(reader.variant()))
        .map(pruner -> pruner.copies(job))
        .map(copies -> usual + copies * inputBytes)
        .orElse(usual);
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

  /**
   * Returns what names no algorithm that there is is refused with everything else that is wrong.
   */
  private static Pruner pruner(StageJob job) {
    SpecReader reader = SpecReader.of(PruneStages.PRUNE, job.spec());
    Pruner pruner = ALGORITHMS.get(reader.variant());
    if (pruner == null) {
      reader.requireSound();
      throw new IllegalStateException(
          "no algorithm is called '%s', but its settings are right".formatted(reader.variant()));
    }
    return pruner;
  }

  private static Map<String, Pruner> algorithms() {
    Map<String, Pruner> algorithms = new LinkedHashMap<>();
    algorithms.put(FastNasKeys.FASTNAS, new FastNasPruner());
    algorithms.put(GradNasKeys.GRADNAS, new GradNasPruner());
    algorithms.put(MinitronKeys.MINITRON, new MinitronPruner());
    return algorithms;
  }
}
