package io.espalier.worker.algorithm.minitron.space;

import io.espalier.worker.algorithm.minitron.size.DecoderSizes;
import io.espalier.worker.algorithm.minitron.size.NetworkBlueprint;
import io.espalier.worker.algorithm.prune.CandidateSearch.LatencyRange;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.Profile;
import io.espalier.worker.algorithm.search.SearchSpace;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.domain.model.Kept;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Choices open to a pruning. */
public sealed interface CandidateSpace {
  /** Widths that axes may have. */
  SearchSpace space();

  /**
   * Returns what there is to choose, in numbers; empty if sizes were asked for.
   *
   * @param whole what the model at hand costs
   * @param budget bounds to give a verdict on
   */
  Optional<Profile> profile(Cost whole, Budget budget);

  /**
   * Makes sure that something is within a budget.
   *
   * @throws io.espalier.worker.domain.InfeasibleException if nothing is, with the smallest value
   *     that can be reached and where
   * @throws io.espalier.worker.domain.InvalidInputException if there is nothing to choose
   */
  void require(Budget budget);

  /**
   * Returns how fast and how slow subnets are foretold to be; nothing where latency is not.
   *
   * @param budget the fastest is within it, its bound of latency left aside
   */
  LatencyRange range(Budget budget);

  /** Subnets whose layers are all alike. */
  sealed interface Alike extends CandidateSpace permits Asked, UniformSizes {
    /**
     * Those to be compared, the largest first.
     *
     * @throws io.espalier.worker.domain.InfeasibleException if none is within the budget
     */
    List<SizeCandidate> within(Budget budget);

    /** Costs of subnets. */
    UniformCosts costs();
  }

  /** Subnets to search for one that is within a budget. */
  sealed interface Searched extends CandidateSpace permits UniformSizes, PerLayerSpace {
    /** The same whose costs know latency. */
    Searched withLatency(LatencyForecast forecast);

    /** The fewest layers that one of them has. */
    int fewestLayers();

    /** A subnet of given widths in which the first units stay, for taking its time. */
    Kept first(Widths widths);
  }

  /**
   * Sizes that were asked for by number.
   *
   * @param blueprint of the model at hand
   * @param costs of subnets
   * @param candidate the only subnet
   */
  record Asked(NetworkBlueprint blueprint, UniformCosts costs, SizeCandidate candidate)
      implements Alike {
    @Override
    public SearchSpace space() {
      DecoderSizes whole = blueprint.sizes();
      return UniformSpace.of(
          blueprint,
          size ->
              Stream.of(candidate.sizes(), whole).map(sizes -> sizes.of(size)).distinct().toList(),
          "no other size of it was asked for");
    }

    @Override
    public Optional<Profile> profile(Cost whole, Budget budget) {
      return Optional.empty();
    }

    @Override
    public LatencyRange range(Budget budget) {
      long nanos = candidate.cost().latencyNanos();
      return new LatencyRange(nanos, nanos);
    }

    @Override
    public List<SizeCandidate> within(Budget budget) {
      require(budget);
      return List.of(candidate);
    }

    /** There is none: sizes are asked for instead. */
    @Override
    public void require(Budget budget) {
      if (!budget.bounds().isEmpty()) {
        throw new IllegalArgumentException("both sizes and " + budget);
      }
    }
  }
}
