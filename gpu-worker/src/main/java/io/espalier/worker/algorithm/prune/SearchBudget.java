package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Profile;
import io.espalier.worker.algorithm.search.SearchSpace;
import java.util.List;
import java.util.Optional;

/**
 * Bounds of a pruning in numbers.
 *
 * @param whole what the original costs; bytes are those of its files as they are
 * @param search what a search is held to
 * @param files what the files of the result are held to
 * @param profile the search space with them; empty if there is nothing to search
 */
public record SearchBudget(Cost whole, Budget search, Budget files, Optional<Profile> profile) {
  /** Bounds of a search over a space; they hold for the files, too. */
  public static SearchBudget of(SearchSpace space, CostModel costs, Cost whole, Budget budget) {
    Profile profile = Profile.of(space, costs, whole, Optional.of(budget));
    return new SearchBudget(whole, budget, budget, Optional.of(profile));
  }

  /** The same for files that cost what the original does, since what goes is only set to zero. */
  public SearchBudget ofSearchOnly() {
    return new SearchBudget(whole, search, new Budget(List.of()), profile);
  }
}
