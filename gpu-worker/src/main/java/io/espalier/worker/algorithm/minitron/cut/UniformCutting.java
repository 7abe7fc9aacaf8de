package io.espalier.worker.algorithm.minitron.cut;

import io.espalier.worker.algorithm.minitron.measure.UnitSelection;
import io.espalier.worker.algorithm.minitron.size.DecoderSizes;
import io.espalier.worker.algorithm.minitron.space.CandidateSpace;
import io.espalier.worker.algorithm.minitron.space.SizeCandidate;
import io.espalier.worker.algorithm.minitron.space.SizeSearch;
import io.espalier.worker.algorithm.prune.Cutting;
import io.espalier.worker.algorithm.prune.Decision.Compared;
import io.espalier.worker.algorithm.prune.ScoredCandidate;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.MaskableModel;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Chooses among subnets whose layers are all alike the one that scores best, and remembers all that
 * it has compared.
 */
public final class UniformCutting implements Cutting<UniformCutting.Choice, MaskableModel> {
  /**
   * A subnet.
   *
   * @param candidate what it was foretold to cost
   * @param subnet what stays
   * @param score what it scored; empty if there was nothing to compare it with
   */
  public record Choice(SizeCandidate candidate, Subnet subnet, OptionalDouble score) {
    double worth() {
      return score.orElse(Double.POSITIVE_INFINITY);
    }
  }

  private final CandidateSpace.Alike options;
  private final UnitSelection units;
  private final LayerSelection layers;
  private final SubnetJudge scoring;
  private final SubnetWriter<?> files;
  private final Progress.Listener progress;
  private final Map<DecoderSizes, Choice> compared = new LinkedHashMap<>();

  /**
   * Choices.
   *
   * @param options the subnets
   * @param units decides which units stay
   * @param layers decides which layers do
   * @param scoring decides which subnet does
   */
  public UniformCutting(
      CandidateSpace.Alike options,
      UnitSelection units,
      LayerSelection layers,
      SubnetJudge scoring,
      SubnetWriter<?> files,
      Progress.Listener progress) {
    this.options = options;
    this.units = units;
    this.layers = layers;
    this.scoring = scoring;
    this.files = files;
    this.progress = progress;
  }

  @Override
  public Choice select(Budget budget) {
    List<SizeCandidate> candidates = options.within(budget);
    Choice best = choice(candidates.get(0), candidates.size());
    for (int i = 0; i < candidates.size(); i++) {
      Choice choice = choice(candidates.get(i), candidates.size());
      best = choice.worth() < best.worth() ? choice : best;
      progress.report(Progress.of("scoring candidates", i + 1, candidates.size()));
    }
    return best;
  }

  private Choice choice(SizeCandidate candidate, int of) {
    Choice known = compared.get(candidate.sizes());
    if (known != null && (known.score().isPresent() || of == 1)) {
      return known;
    }
    var subnet = new Subnet(units.of(candidate.sizes()), layers.of(candidate.sizes().layers()));
    Cost exact = options.costs().of(candidate.sizes(), subnet.layers());
    var choice =
        new Choice(
            new SizeCandidate(candidate.sizes(), exact), subnet, score(candidate, subnet, of));
    compared.put(candidate.sizes(), choice);
    return choice;
  }

  private OptionalDouble score(SizeCandidate candidate, Subnet subnet, int of) {
    String name = "%s, layers %s".formatted(candidate.sizes(), subnet.layers());
    return of == 1 ? OptionalDouble.empty() : OptionalDouble.of(scoring.of(name, subnet));
  }

  /**
   * All that was compared, the largest first.
   *
   * @param budget decides what is larger
   */
  public Compared compared(Choice chosen, Budget budget) {
    List<Choice> all =
        compared.values().stream()
            .sorted(Comparator.comparing(Choice::candidate, SizeSearch.bySize(budget).reversed()))
            .toList();
    return new Compared(
        all.stream().map(UniformCutting::scored).toList(),
        all.stream()
            .map(each -> each.candidate().sizes())
            .toList()
            .indexOf(chosen.candidate().sizes()));
  }

  private static ScoredCandidate scored(Choice choice) {
    return new ScoredCandidate(
        choice.candidate().sizes().toString(),
        choice.candidate().sizes().byKey(),
        choice.candidate().cost(),
        choice.subnet().layers(),
        choice.score());
  }

  @Override
  public Cost cost(Choice choice) {
    return choice.candidate().cost();
  }

  @Override
  public Kept kept(Choice choice) {
    return choice.subnet().all(units.blueprint());
  }

  @Override
  public MaskableModel cut(Kept kept, Path output) {
    return files.cut(kept, output);
  }

  @Override
  public Optional<String> name(Choice choice) {
    return Optional.of(choice.candidate().sizes().toString());
  }

  @Override
  public String remedy() {
    return "allow smaller ones by maxWidthPruning, maxDepthPruning or smaller divisors";
  }
}
