package io.espalier.worker.algorithm.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.PropertySeed;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class CurveProperties {
  @Property(seed = PropertySeed.FIXED, tries = 40)
  void loss_falls_as_the_limit_rises_from_the_narrowest_model_to_the_widest(
      @ForAll long seed, @ForAll Objective objective, @ForAll Quantity quantity) {
    Instance instance = Instance.any(seed);
    double slack = 1e-9 * instance.scale();

    Curve curve =
        Curve.of(instance.space(), instance.costs(), quantity, instance.losses(), objective, 7);

    List<Curve.Point> points = curve.points();
    assertThat(points).hasSize(7);
    for (Curve.Point point : points) {
      assertThat(quantity.of(point.selection().cost())).isLessThanOrEqualTo(point.limit());
    }
    for (int i = 1; i < points.size(); i++) {
      assertThat(points.get(i).limit()).isGreaterThanOrEqualTo(points.get(i - 1).limit());
      assertThat(points.get(i).selection().loss())
          .isLessThanOrEqualTo(points.get(i - 1).selection().loss() + slack);
    }
    assertThat(points.get(6).selection().widths()).isEqualTo(instance.space().max());
  }

  @Example
  void a_quantity_that_is_not_known_has_no_curve() {
    var chain = SmallNetworks.chain(List.of(8, 8, 4));
    SearchSpace space = SearchSpace.of(chain, ChoiceRule.everyTwentieth(4));

    assertThatThrownBy(
            () ->
                Curve.of(
                    space,
                    CostModel.of(chain),
                    Quantity.LATENCY,
                    new Sensitivities(java.util.Map.of()),
                    Objective.SUM))
        .hasMessageContaining("latency");
  }
}
