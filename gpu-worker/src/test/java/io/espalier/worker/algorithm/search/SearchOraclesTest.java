package io.espalier.worker.algorithm.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.domain.InfeasibleException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.model.convnet.ResnetArchitecture;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

/** The figures that ModelOpt publishes for two networks; none needs weights. */
class SearchOraclesTest {
  private static final Architecture RESNET_20 =
      resnet("{'architecture':'cifar_resnet20','num_classes':10,'input_size':[3,32,32]}");
  private static final Architecture RESNET_50 =
      resnet("{'architecture':'resnet50','num_classes':1000,'input_size':[3,224,244]}");

  @Test
  void resnet_20_has_six_axes_to_choose_from() {
    SearchSpace space = SearchSpace.of(RESNET_20, ChoiceRule.everyTwentieth(16));

    var choices = new LinkedHashMap<String, List<Integer>>();
    space.configurable().forEach(axis -> choices.put(axis.axis().name(), axis.widths()));

    assertThat(choices)
        .containsExactly(
            Map.entry("layer2.0.conv1.out", List.of(16, 32)),
            Map.entry("layer2.1.conv1.out", List.of(16, 32)),
            Map.entry("layer2.2.conv1.out", List.of(16, 32)),
            Map.entry("layer3.0.conv1.out", List.of(16, 32, 48, 64)),
            Map.entry("layer3.1.conv1.out", List.of(16, 32, 48, 64)),
            Map.entry("layer3.2.conv1.out", List.of(16, 32, 48, 64)));
    assertThat(space.size()).isEqualTo(512);
  }

  @Test
  void resnet_20_costs_what_is_published() {
    Profile profile = profile(RESNET_20, 16);

    assertThat(profile.max().flops()).isEqualTo(81_102_080);
    assertThat(profile.max().parameters()).isEqualTo(268_346);
    assertThat(profile.min().flops()).isEqualTo(48_661_760);
    assertThat(profile.min().parameters()).isEqualTo(90_938);
    assertThat(profile.centroid().flops()).isEqualTo(55_149_824);
    assertThat(profile.centroid().parameters()).isEqualTo(141_626);
    assertThat(profile.ratio(Quantity.FLOPS)).isCloseTo(1.67, within(0.005));
    assertThat(profile.ratio(Quantity.PARAMETERS)).isCloseTo(2.95, within(0.005));
  }

  @Test
  void four_settings_of_resnet_20_cost_what_the_published_best_costs() {
    SearchSpace space = SearchSpace.of(RESNET_20, ChoiceRule.everyTwentieth(16));
    CostModel costs = CostModel.of(RESNET_20);
    var best = new ArrayList<List<Integer>>();

    for (Widths widths : everyModel(space)) {
      Cost cost = costs.cost(widths);
      if (cost.flops() == 59_278_592 && cost.parameters() == 173_882) {
        best.add(widths.units().values().stream().skip(3).toList());
      }
    }

    assertThat(best)
        .containsExactlyInAnyOrder(
            List.of(16, 16, 16, 48, 16, 64),
            List.of(16, 16, 16, 48, 32, 48),
            List.of(16, 16, 16, 48, 48, 32),
            List.of(16, 16, 16, 48, 64, 16));
  }

  @Test
  void no_model_of_resnet_20_under_60e6_flops_has_more_than_the_published_best() {
    SearchSpace space = SearchSpace.of(RESNET_20, ChoiceRule.everyTwentieth(16));
    CostModel costs = CostModel.of(RESNET_20);

    var flops = everyModel(space).stream().mapToLong(widths -> costs.cost(widths).flops());

    // every step is a multiple of 589,824 FLOPs; 19 of them fit between the smallest and the bound
    assertThat(flops.filter(value -> value <= 60_000_000).max()).hasValue(59_868_416);
  }

  @Test
  void resnet_50_costs_what_is_published() {
    Profile profile = profile(RESNET_50, 32);

    assertThat(profile.axes()).hasSize(36);
    assertThat(profile.spaceSize().doubleValue()).isCloseTo(2.476e28, within(0.0005e28));
    assertThat(profile.max().flops()).isEqualTo(9_177_501_696L);
    assertThat(profile.max().parameters()).isEqualTo(25_503_912);
    assertThat(profile.min().flops()).isEqualTo(548_677_632);
    assertThat(profile.min().parameters()).isEqualTo(2_703_944);
    assertThat(profile.centroid().parameters()).isEqualTo(9_750_088);
    assertThat(profile.centroid().flops()).isBetween(2_565_000_000L, 2_569_000_000L);
  }

  @Test
  void resnet_50_chooses_multiples_of_32() {
    SearchSpace space = SearchSpace.of(RESNET_50, ChoiceRule.everyTwentieth(32));

    var choices = new LinkedHashMap<String, List<Integer>>();
    space.configurable().forEach(axis -> choices.put(axis.axis().name(), axis.widths()));

    assertThat(choices.get("conv1.out")).containsExactly(32, 64);
    assertThat(choices.get("layer1.stream")).containsExactly(32, 64, 96, 128, 160, 192, 224, 256);
    assertThat(choices.get("layer4.0.conv1.out")).hasSize(16).startsWith(32, 64).endsWith(480, 512);
    assertThat(choices).doesNotContainKey("layer4.stream");
  }

  @Test
  void sixty_percent_of_resnet_20_is_512_flops_out_of_reach_with_divisor_16() {
    SearchSpace space = SearchSpace.of(RESNET_20, ChoiceRule.everyTwentieth(16));
    CostModel costs = CostModel.of(RESNET_20);
    Budget budget = Constraints.parse(Map.of("flops", "60%")).budget(costs.cost(space.max()));

    InfeasibleException error =
        Assertions.catchThrowableOfType(
            InfeasibleException.class, () -> budget.requireReachable(space, costs));

    assertThat(error.constraint()).isEqualTo("flops");
    assertThat(error.bound()).isEqualTo(48_661_248);
    assertThat(error.smallest()).isEqualTo(48_661_760);
    assertThat(error).hasMessageContaining("512 too many").hasMessageContaining("48,661,760");
  }

  @Test
  void the_tables_show_what_modelopt_prints() {
    SearchSpace space = SearchSpace.of(RESNET_20, ChoiceRule.everyTwentieth(16));
    CostModel costs = CostModel.of(RESNET_20);
    Budget budget = Constraints.parse(Map.of("flops", "60e6")).budget(costs.cost(space.max()));

    String text = Profile.of(space, costs, Optional.of(budget)).toText();

    assertThat(text)
        .containsPattern("flops +\\| 48\\.66M +\\| 55\\.15M +\\| 81\\.10M +\\| 1\\.67")
        .containsPattern("parameters +\\| 90\\.94K +\\| 141\\.63K +\\| 268\\.35K +\\| 2\\.95")
        .containsPattern("flops +\\| 60000000 +\\| 60\\.00M +\\| True")
        .containsPattern("\\* layer3\\.2\\.conv1\\.out +\\| 64 +\\| \\[16, 32, 48, 64]")
        .contains("configurable axes: 6\nsize of the search space: 512\n");
  }

  private static Profile profile(Architecture architecture, int divisor) {
    SearchSpace space = SearchSpace.of(architecture, ChoiceRule.everyTwentieth(divisor));
    return Profile.of(space, CostModel.of(architecture), Optional.empty());
  }

  private static List<Widths> everyModel(SearchSpace space) {
    List<Map<String, Integer>> models = List.of(Map.of());
    for (SearchSpace.Choices axis : space.axes()) {
      var longer = new ArrayList<Map<String, Integer>>();
      for (Map<String, Integer> model : models) {
        for (int width : axis.widths()) {
          var next = new LinkedHashMap<>(model);
          next.put(axis.axis().name(), width);
          longer.add(next);
        }
      }
      models = longer;
    }
    return models.stream().map(Widths::new).toList();
  }

  private static Architecture resnet(String config) {
    try {
      return ResnetArchitecture.of(
          new ObjectMapper().readTree(config.replace('\'', '"')), Map.of());
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(config, e);
    }
  }
}
