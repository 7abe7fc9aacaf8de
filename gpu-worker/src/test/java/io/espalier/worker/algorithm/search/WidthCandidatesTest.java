package io.espalier.worker.algorithm.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.PropertySeed;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Against brute force over every model of small spaces. */
class WidthCandidatesTest {
  @Property(seed = PropertySeed.FIXED, tries = 60)
  void each_makes_small_what_it_is_for(@ForAll long seed, @ForAll Objective usual) {
    Instance instance = Instance.reachable(seed);

    List<Selection> found =
        new WidthCandidates(instance.space(), instance.costs(), instance.losses())
            .within(instance.budget(), usual);

    assertThat(found.get(0).widths()).isEqualTo(instance.solve(usual).widths());
    assertThat(found).extracting(Selection::widths).doesNotHaveDuplicates();
    assertThat(found)
        .allSatisfy(
            each -> {
              assertThat(instance.budget().holds(each.cost())).isTrue();
              assertThat(each.totalLoss())
                  .isCloseTo(
                      instance.value(Objective.SUM, each.widths()),
                      within(1e-12 * instance.scale()));
              assertThat(each.largestLoss())
                  .isEqualTo(instance.value(Objective.MAX, each.widths()));
            });
    for (int power : new int[] {1, 2, 4}) {
      Instance powered = powered(instance, power);
      double best = powered.best(Objective.SUM).orElseThrow();
      double least =
          found.stream()
              .mapToDouble(each -> powered.value(Objective.SUM, each.widths()))
              .min()
              .orElseThrow();
      assertThat(least).as("power %d", power).isCloseTo(best, within(1e-9 * powered.scale()));
    }
    double largest = found.stream().mapToDouble(Selection::largestLoss).min().orElseThrow();
    assertThat(largest).isEqualTo(instance.best(Objective.MAX).orElseThrow());
  }

  private static Instance powered(Instance instance, int power) {
    Map<String, double[]> losses = instance.losses().losses();
    losses.replaceAll(
        (axis, values) -> Arrays.stream(values).map(loss -> Math.pow(loss, power)).toArray());
    return new Instance(
        instance.space(), instance.costs(), instance.budget(), new Sensitivities(losses));
  }
}
