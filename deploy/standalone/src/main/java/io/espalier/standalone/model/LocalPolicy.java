package io.espalier.standalone.model;

import io.espalier.event.PruningPolicy;
import io.espalier.event.StageSpec;
import io.espalier.schemas.KindNames;
import io.espalier.schemas.policy.Policy;
import io.espalier.schemas.policy.PolicyFile;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.stage.job.LocalRun;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A policy to run on this machine.
 *
 * @param policy what it says
 * @param text the file that says it, if there is none yet since it was made of options
 */
public record LocalPolicy(PruningPolicy policy, Optional<String> text) {
  /**
   * The policy in a file.
   *
   * @throws InvalidInputException if it holds several, and as {@link PolicyFile} if it is bad
   */
  public static LocalPolicy of(Path file) {
    List<Policy> policies = PolicyFile.read(file).orThrow();
    if (policies.size() != 1) {
      throw new InvalidInputException(
          "%s holds %d policies %s; optimize needs a file with one"
              .formatted(file, policies.size(), policies.stream().map(Policy::name).toList()));
    }
    return new LocalPolicy(policies.get(0).toAvro(1), Optional.empty());
  }

  /** Its stages. */
  List<LocalRun.Step> steps() {
    return policy.getStages().stream()
        .map(stage -> new LocalRun.Step(kind(stage), stage.getSpec()))
        .toList();
  }

  /**
   * Refuses a model that the policy is not for. Names and labels belong to a registration; a
   * directory has a family, which is for tasks.
   */
  void requireFor(OpenedModel model) {
    List<String> families = policy.getMatch().getFamilies();
    String family = model.family().name();
    if (!families.isEmpty() && !families.contains(family)) {
      throw new InvalidInputException(
          "the policy '%s' is for models of %s, but %s is of the family %s; choose another policy, or add the family to spec.match.families"
              .formatted(policy.getName(), families, model.directory().path(), family));
    }
    String task = policy.getMatch().getTask();
    if (task != null && !model.family().tasks().contains(task)) {
      throw new InvalidInputException(
          "the policy '%s' is for the task %s, but %s is of the family %s, which is for %s; choose another policy"
              .formatted(
                  policy.getName(),
                  task,
                  model.directory().path(),
                  family,
                  String.join(", ", model.family().tasks())));
    }
  }

  private static StageKind kind(StageSpec stage) {
    return new StageKind(KindNames.of(stage.getKind(), stage.getKindName()));
  }
}
