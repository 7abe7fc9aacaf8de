package io.espalier.standalone.model;

import io.espalier.event.PruningPolicy;
import io.espalier.event.StageSpec;
import io.espalier.schemas.KindNames;
import io.espalier.worker.algorithm.fastnas.Profiles;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.InfeasibleException;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.model.KnownModel;
import io.espalier.worker.stage.Stage;
import io.espalier.worker.stage.job.Stages;
import io.espalier.worker.stage.prune.FastNasSpec;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Forecast of a policy's work on a model before any of it is done: whether its first stage would
 * begin, by the check that workers make. Only headers of files are read.
 *
 * @param verdict what became of the check
 * @param reasons why not, each as a sentence; empty if it would begin
 */
public record StageForesight(Verdict verdict, List<String> reasons) {
  /** Beginning of problems about data that nobody named. */
  private static final String ABOUT_DATA = "data: ";

  /** Verdict of a check. */
  public enum Verdict {
    /** The stage would begin; what is measured only then, such as latency, is not judged. */
    FEASIBLE,
    /** There are no data yet; as far as can be seen without, it would begin. */
    NO_DATA,
    /** No model meets the constraints. */
    INFEASIBLE,
    /** Model, data and settings do not fit together, as far as this machine sees them. */
    REFUSED
  }

  /** A foresight; the list is copied. */
  public StageForesight {
    reasons = List.copyOf(reasons);
  }

  /**
   * Looks at a model as a worker would.
   *
   * @param model its directory
   * @param registered its data by role, as URIs; those that the policy fixes win
   */
  public static StageForesight of(
      PruningPolicy policy, Path model, Map<String, String> registered) {
    try {
      Stage stage = Stages.standard().of(kind(policy));
      stage.check(stage.taughtBy(model, job(policy, model, data(policy, registered))));
      return new StageForesight(Verdict.FEASIBLE, List.of());
    } catch (InfeasibleException infeasible) {
      return new StageForesight(Verdict.INFEASIBLE, lines(infeasible));
    } catch (InvalidInputException refused) {
      return new StageForesight(Verdict.REFUSED, refused.problems());
    } catch (WorkerException | UncheckedIOException failed) {
      return new StageForesight(Verdict.REFUSED, lines(failed)); // no reason not to go on
    }
  }

  /**
   * Looks at a model that is still without data; what a policy fixes is looked at. Whether budgets
   * can be met is then known of models that tell images apart only.
   *
   * @param model its directory
   */
  public static StageForesight withoutData(PruningPolicy policy, Path model) {
    StageForesight seen = of(policy, model, Map.of());
    boolean lacksData =
        seen.verdict() == Verdict.REFUSED
            && seen.reasons().stream().allMatch(reason -> reason.startsWith(ABOUT_DATA));
    if (!policy.getData().isEmpty() || !lacksData) {
      return seen;
    }
    List<String> shortfalls = shortfalls(policy, model);
    return shortfalls.isEmpty()
        ? new StageForesight(Verdict.NO_DATA, List.of())
        : new StageForesight(Verdict.INFEASIBLE, shortfalls);
  }

  private static List<String> shortfalls(PruningPolicy policy, Path model) {
    ModelDirectory directory = ModelDirectory.open(model);
    boolean isForFastNas = KnownModel.of(directory).maskable().isEmpty();
    if (!isForFastNas || !kind(policy).equals(StageKind.PRUNE)) {
      return List.of();
    }
    FastNasSpec asked = FastNasSpec.parse(policy.getStages().get(0).getSpec());
    var request =
        new Profiles.Request(
            asked.channelDivisor(),
            asked.layers(),
            Optional.empty(),
            Optional.of(asked.constraints()));
    return Profiles.of(directory, request).shortfalls();
  }

  private static StageKind kind(PruningPolicy policy) {
    StageSpec first = policy.getStages().get(0);
    return new StageKind(KindNames.of(first.getKind(), first.getKindName()));
  }

  private static StageJob job(PruningPolicy policy, Path model, Map<String, URI> data) {
    Path nowhere = model.resolve("never-written");
    return new StageJob(
        "foresight",
        0,
        1,
        kind(policy),
        policy.getStages().get(0).getSpec(),
        model,
        nowhere,
        nowhere,
        data,
        policy.getSeed());
  }

  private static Map<String, URI> data(PruningPolicy policy, Map<String, String> registered) {
    Map<String, URI> data = new HashMap<>();
    registered.forEach((role, uri) -> data.put(role, DataUri.of(uri)));
    policy.getData().forEach((role, uri) -> data.put(role, DataUri.of(uri)));
    return data;
  }

  private static List<String> lines(Exception thrown) {
    return Objects.requireNonNullElse(thrown.getMessage(), "").lines().toList();
  }
}
