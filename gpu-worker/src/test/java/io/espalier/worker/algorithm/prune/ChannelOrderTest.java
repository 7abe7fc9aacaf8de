package io.espalier.worker.algorithm.prune;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ChannelOrderTest {
  @Test
  void the_most_important_units_stay_in_their_order_and_the_first_of_equals() {
    Axis axis = new Axis("x", 5);
    Architecture one =
        new Architecture("test", "test", List.of(), List.of(axis), List.of(), Map.of());
    var order = ChannelOrder.by(one, Map.of("x", new double[] {1, 3, 2, 3, 2}));

    Kept two = order.kept(new Widths(Map.of("x", 2)));
    Kept three = order.kept(new Widths(Map.of("x", 3)));
    Kept all = order.kept(Widths.all());

    assertThat(two.of(axis)).hasValueSatisfying(kept -> assertThat(kept).containsExactly(1, 3));
    assertThat(three.of(axis))
        .hasValueSatisfying(kept -> assertThat(kept).containsExactly(1, 2, 3));
    assertThat(all.units()).isEmpty();
  }

  @Test
  void an_order_that_was_kept_keeps_the_same_units() {
    Axis axis = new Axis("x", 5);
    Architecture one =
        new Architecture("test", "test", List.of(), List.of(axis), List.of(), Map.of());
    var order = ChannelOrder.by(one, Map.of("x", new double[] {1, 3, 2, 3, 2}));

    var again = new ChannelOrder(one, order.units());

    assertThat(order.units()).isEqualTo(Map.of("x", List.of(1, 3, 2, 4, 0)));
    assertThat(again.kept(new Widths(Map.of("x", 2))).units().get("x")).containsExactly(1, 3);
  }
}
