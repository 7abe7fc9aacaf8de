package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.domain.model.Kept;
import java.util.Optional;

/**
 * A search for a width of each axis by itself.
 *
 * @param <C> what is known of a cut model's files
 */
public interface WidthCutting<C> extends Cutting<Selection, C> {
  /** The units that stay at widths. */
  Kept kept(Widths widths);

  @Override
  default Cost cost(Selection choice) {
    return choice.cost();
  }

  @Override
  default Kept kept(Selection choice) {
    return kept(choice.widths());
  }

  @Override
  default Optional<String> name(Selection choice) {
    return Optional.empty();
  }

  @Override
  default String remedy() {
    return "allow narrower layers by a smaller divisor of channels or neurons";
  }
}
