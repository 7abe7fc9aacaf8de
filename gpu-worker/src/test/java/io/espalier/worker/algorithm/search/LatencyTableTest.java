package io.espalier.worker.algorithm.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.domain.model.Architecture;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LatencyTableTest {
  private static final LatencyTable TABLE =
      LatencyTable.of(
          new int[] {4, 8}, new int[] {10, 20}, new double[][] {{100, 200}, {300, 600}});

  @Test
  void time_is_bilinear_between_the_points_of_the_grid() {
    assertThat(TABLE.at(4, 10)).isEqualTo(100);
    assertThat(TABLE.at(8, 20)).isEqualTo(600);
    assertThat(TABLE.at(6, 10)).isEqualTo(200);
    assertThat(TABLE.at(4, 15)).isEqualTo(150);
    assertThat(TABLE.at(6, 15)).isEqualTo((100 + 200 + 300 + 600) / 4);
  }

  @Test
  void outside_of_the_grid_time_is_that_of_the_nearest_point() {
    assertThat(TABLE.at(1, 1)).isEqualTo(100);
    assertThat(TABLE.at(100, 100)).isEqualTo(600);
    assertThat(TABLE.at(1, 15)).isEqualTo(150);
  }

  @Test
  void a_smaller_layer_is_never_slower() {
    LatencyTable noisy =
        LatencyTable.of(
            new int[] {4, 8}, new int[] {10, 20}, new double[][] {{100, 90}, {80, 120}});

    assertThat(noisy.at(4, 20)).isEqualTo(100);
    assertThat(noisy.at(8, 10)).isEqualTo(100);
    assertThat(noisy.at(8, 20)).isEqualTo(120);
  }

  @Test
  void impossible_tables_are_refused() {
    int[] two = {4, 8};
    int[] one = {1};
    assertThatThrownBy(() -> LatencyTable.of(new int[] {8, 4}, one, new double[][] {{1}, {1}}))
        .hasMessageContaining("[8, 4]");
    assertThatThrownBy(() -> LatencyTable.of(two, one, new double[][] {{1}}))
        .hasMessageContaining("1 rows");
    assertThatThrownBy(() -> LatencyTable.of(two, one, new double[][] {{1}, {1, 2}}))
        .hasMessageContaining("output size 8");
    assertThatThrownBy(() -> LatencyTable.of(two, one, new double[][] {{1}, {Double.NaN}}))
        .hasMessageContaining("NaN");
  }

  @Test
  void a_model_takes_its_fixed_time_and_the_scaled_times_of_its_layers() {
    Architecture chain = SmallNetworks.chain(List.of(8, 8, 4));
    var latency = new LatencyModel(1000, 0.5, Map.of("conv1.weight", TABLE, "conv2.weight", TABLE));
    CostModel costs = CostModel.of(chain).withLatency(latency);

    Cost cost = costs.cost(Widths.all());

    // conv1 is 8 x 8: 300; conv2 is 4 x 8: 100; conv0 has no table
    assertThat(cost.latencyNanos()).isEqualTo(1000 + 150 + 50);
    assertThat(cost.flops()).isEqualTo(CostModel.of(chain).cost(Widths.all()).flops());
    assertThat(CostModel.of(chain).cost(Widths.all()).latencyNanos()).isZero();
    assertThatThrownBy(
            () -> costs.withLatency(new LatencyModel(0, 1, Map.of("conv9.weight", TABLE))))
        .hasMessageContaining("conv9.weight");
  }

  @Test
  void profiles_have_latency_only_if_it_is_known() {
    Architecture chain = SmallNetworks.chain(List.of(8, 8, 4));
    SearchSpace space = SearchSpace.of(chain, ChoiceRule.everyTwentieth(4));
    CostModel costs = CostModel.of(chain);
    var table = LatencyTable.of(new int[] {8}, new int[] {8}, new double[][] {{1_234_567}});
    CostModel timed = costs.withLatency(new LatencyModel(0, 1, Map.of("conv1.weight", table)));

    Profile without = Profile.of(space, costs, java.util.Optional.empty());
    Profile with = Profile.of(space, timed, java.util.Optional.empty());

    assertThat(without.toText()).doesNotContain("latency");
    assertThat(without.toMap().toString()).doesNotContain("latency");
    assertThat(with.toText()).containsPattern("latency +\\| 1\\.235 ms");
    assertThat(with.toMap().get("max").toString()).contains("latency=1234567");
  }
}
