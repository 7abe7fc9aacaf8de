package io.espalier.worker.algorithm.minitron.space;

import io.espalier.worker.algorithm.minitron.measure.UnitSelection;
import io.espalier.worker.algorithm.minitron.size.NetworkBlueprint;
import io.espalier.worker.algorithm.minitron.size.SizeGrid;
import io.espalier.worker.algorithm.prune.CandidateSearch.LatencyRange;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.Profile;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.algorithm.search.SearchSpace;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.domain.model.Kept;
import java.util.List;
import java.util.Optional;

/**
 * Subnets whose layers are all alike, of all sizes of a grid.
 *
 * @param blueprint of the model at hand
 * @param grid the sizes
 * @param costs of subnets
 * @param stock whether loaders of the family must open what comes out
 * @param topK how many of those within a budget are compared at most
 */
public record UniformSizes(
    NetworkBlueprint blueprint, SizeGrid grid, UniformCosts costs, boolean stock, int topK)
    implements CandidateSpace.Alike, CandidateSpace.Searched {
  @Override
  public List<SizeCandidate> within(Budget budget) {
    return search().largest(budget, topK);
  }

  private SizeSearch search() {
    return new SizeSearch(blueprint, grid, costs, stock);
  }

  @Override
  public SearchSpace space() {
    return UniformSpace.of(
        blueprint,
        size -> UniformSpace.of(grid, size),
        "no smaller multiple of its divisor is within the limits");
  }

  @Override
  public Optional<Profile> profile(Cost whole, Budget budget) {
    return Optional.of(SizeProfile.of(blueprint, grid, costs, search(), whole, budget));
  }

  @Override
  public void require(Budget budget) {
    search().largest(budget, 1);
  }

  @Override
  public UniformSizes withLatency(LatencyForecast forecast) {
    return new UniformSizes(blueprint, grid, costs.withLatency(forecast), stock, topK);
  }

  @Override
  public LatencyRange range(Budget budget) {
    var others =
        new Budget(
            budget.bounds().stream()
                .filter(bound -> bound.quantity() != Quantity.LATENCY)
                .toList());
    long fastest =
        search().smallest().stream()
            .filter(each -> others.holds(each.cost()))
            .mapToLong(each -> each.cost().latencyNanos())
            .min()
            .orElseThrow();
    return new LatencyRange(fastest, costs.of(grid.whole()).latencyNanos());
  }

  @Override
  public int fewestLayers() {
    return grid.layers().get(0);
  }

  @Override
  public Kept first(Widths widths) {
    return UnitSelection.byPosition(blueprint).of(UniformSpace.sizes(blueprint, widths));
  }
}
