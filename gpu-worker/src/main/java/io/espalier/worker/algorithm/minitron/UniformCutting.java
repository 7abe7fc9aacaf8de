package io.espalier.worker.algorithm.minitron;

import io.espalier.worker.algorithm.family.TextModel;
import io.espalier.worker.algorithm.prune.Cutting;
import io.espalier.worker.algorithm.prune.Decision.Compared;
import io.espalier.worker.algorithm.prune.Scored;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Kept;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Chooses among versions whose layers are all alike the one that scores best, and remembers all
 * that it has compared.
 */
final class UniformCutting implements Cutting<UniformCutting.Choice, TextModel> {
  /**
   * A version.
   *
   * @param candidate what it was foretold to cost
   * @param version what stays
   * @param score what it scored; empty if there was nothing to compare it with
   */
  record Choice(Candidate candidate, Version version, OptionalDouble score) {
    double worth() {
      return score.orElse(Double.POSITIVE_INFINITY);
    }
  }

  private final Options.Alike options;
  private final UnitChoice units;
  private final LayerChoice layers;
  private final VersionScoring scoring;
  private final VersionCutting files;
  private final Progress.Listener progress;
  private final Map<Sizes, Choice> compared = new LinkedHashMap<>();

  /**
   * Choices.
   *
   * @param options the versions
   * @param units decides which units stay
   * @param layers decides which layers do
   */
  UniformCutting(
      Options.Alike options,
      UnitChoice units,
      LayerChoice layers,
      VersionScoring scoring,
      VersionCutting files,
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
    List<Candidate> candidates = options.within(budget);
    Choice best = choice(candidates.get(0), candidates.size());
    for (int i = 0; i < candidates.size(); i++) {
      Choice choice = choice(candidates.get(i), candidates.size());
      best = choice.worth() < best.worth() ? choice : best;
      progress.report(Progress.of("scoring candidates", i + 1, candidates.size()));
    }
    return best;
  }

  private Choice choice(Candidate candidate, int of) {
    Choice known = compared.get(candidate.sizes());
    if (known != null && (known.score().isPresent() || of == 1)) {
      return known;
    }
    var version = new Version(units.of(candidate.sizes()), layers.of(candidate.sizes().layers()));
    Cost exact = options.costs().of(candidate.sizes(), version.layers());
    var choice =
        new Choice(new Candidate(candidate.sizes(), exact), version, score(candidate, version, of));
    compared.put(candidate.sizes(), choice);
    return choice;
  }

  private OptionalDouble score(Candidate candidate, Version version, int of) {
    String name = "%s, layers %s".formatted(candidate.sizes(), version.layers());
    return of == 1
        ? OptionalDouble.empty()
        : OptionalDouble.of(scoring.of(name, version.units(), version.layers()));
  }

  /**
   * All that was compared, the largest first.
   *
   * @param budget decides what is larger
   */
  Compared compared(Choice chosen, Budget budget) {
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

  private static Scored scored(Choice choice) {
    return new Scored(
        choice.candidate().sizes().toString(),
        choice.candidate().cost(),
        choice.version().layers(),
        choice.score());
  }

  @Override
  public Cost cost(Choice choice) {
    return choice.candidate().cost();
  }

  @Override
  public Kept kept(Choice choice) {
    return choice.version().all(units.blueprint());
  }

  @Override
  public TextModel cut(Kept kept, Path output) {
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
