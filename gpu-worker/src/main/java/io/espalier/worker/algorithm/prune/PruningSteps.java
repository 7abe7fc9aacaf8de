package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.tensor.PyTorch;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Steps of a pruning from files to files, in the order that all algorithms share: score, choose and
 * cut within the budget, check the files, complete them, measure the result.
 */
public final class PruningSteps {
  private final Optional<LatencyBound> latency;
  private final Phases phases;

  /**
   * Steps of a pruning.
   *
   * @param latency its bound of latency, if there is one
   * @param phases are told what the result is measured in
   */
  public PruningSteps(Optional<LatencyBound> latency, Phases phases) {
    this.latency = latency;
    this.phases = phases;
  }

  /**
   * Prunes.
   *
   * @param output empty directory for the result
   * @throws io.espalier.worker.domain.InfeasibleException if no model is within the budget
   * @throws io.espalier.worker.domain.WorkerException if what lies there is over the budget
   */
  public <S, C, D extends Decision> FinishedPruning<S, C, D> run(
      PruningSession<S, C, D> session, Path output) {
    S scores = session.score();
    ChosenCut<C, D> chosen = session.choose(scores, output);
    SearchBudget budget = session.budget();
    FileCosts.requireWithin(budget.files(), chosen.cost(), output);
    WrittenCandidate<?, C> candidate = chosen.candidate();
    CompletedCut completed = session.complete(scores, candidate);
    Judgement result = phases.time("result", () -> session.result(candidate.cut()));
    Judgement original = session.original();
    Optional<Judgement> plain = completed.plain();
    return new FinishedPruning<>(
        outcome(
            budget,
            chosen,
            plain.map(any -> original.beside(original)).orElse(original),
            plain.map(result::beside).orElse(result)),
        scores,
        candidate.cut(),
        completed.reconstruction());
  }

  private <C, D extends Decision> PruningOutcome<D> outcome(
      SearchBudget budget, ChosenCut<C, D> chosen, Judgement before, Judgement after) {
    WrittenCandidate<?, C> candidate = chosen.candidate();
    return new PruningOutcome<>(
        measured(budget.whole(), before, candidate.original()),
        measured(chosen.cost(), after, candidate.result()),
        after.count(),
        chosen.decision(),
        candidate.kept(),
        candidate.trials(),
        budget.profile(),
        LatencyBound.measured(latency, budget.search(), candidate.original()),
        phases.seconds(),
        PyTorch.device());
  }

  private static MeasuredModel measured(Cost cost, Judgement judged, Optional<Latency> latency) {
    return MeasuredModel.of(cost, judged.measures(), latency).with(judged.samples());
  }
}
