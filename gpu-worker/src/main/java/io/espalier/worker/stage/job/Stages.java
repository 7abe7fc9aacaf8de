package io.espalier.worker.stage.job;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.Quoted;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.stage.Stage;
import io.espalier.worker.stage.distill.DistillStage;
import io.espalier.worker.stage.evaluate.EvaluateStage;
import io.espalier.worker.stage.prune.PruneStage;
import io.espalier.worker.stage.quantize.QuantizeStage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The stages that this worker knows, one per kind. */
public final class Stages {
  private final Map<StageKind, Stage> byKind = new LinkedHashMap<>();

  private Stages(List<Stage> stages) {
    for (Stage stage : stages) {
      Stage other = byKind.put(stage.kind(), stage);
      if (other != null) {
        throw new IllegalArgumentException(
            "two stages of kind %s: %s and %s"
                .formatted(stage.kind(), other.getClass().getName(), stage.getClass().getName()));
      }
    }
  }

  /** Every stage of this version. Building them loads no native library. */
  public static Stages standard() {
    return with(new PruneStage(), new DistillStage(), new QuantizeStage(), new EvaluateStage());
  }

  /**
   * Just the given stages.
   *
   * @throws IllegalArgumentException if two are of one kind
   */
  public static Stages with(Stage... stages) {
    return new Stages(List.of(stages));
  }

  /**
   * The same with another one.
   *
   * @throws IllegalArgumentException if there is one of its kind
   */
  public Stages and(Stage another) {
    List<Stage> all = new ArrayList<>(byKind.values());
    all.add(another);
    return new Stages(all);
  }

  /**
   * The stage of a kind.
   *
   * @throws InvalidInputException if there is none; names the kinds that there are
   */
  public Stage of(StageKind kind) {
    Stage stage = byKind.get(kind);
    if (stage == null) {
      throw new InvalidInputException(problem(kind));
    }
    return stage;
  }

  /**
   * Refuses kinds without a stage.
   *
   * @throws InvalidInputException names each of them, and the kinds that there are
   */
  public void require(Collection<StageKind> kinds) {
    List<String> problems =
        kinds.stream().filter(kind -> !byKind.containsKey(kind)).map(this::problem).toList();
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
  }

  private String problem(StageKind kind) {
    return "stage kind %s cannot be run by this worker; it knows %s. Change the policy's stages or upgrade the worker."
        .formatted(Quoted.of(kind.name()), byKind.keySet());
  }
}
