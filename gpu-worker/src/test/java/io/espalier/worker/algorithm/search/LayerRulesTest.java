package io.espalier.worker.algorithm.search;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.algorithm.search.LayerRules.Rule;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.model.convnet.ResnetArchitecture;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LayerRulesTest {
  private static final Architecture RESNET = resnet20();
  private static final ChoiceRule SIXTEEN = ChoiceRule.everyTwentieth(16);

  @ParameterizedTest
  @CsvSource({
    "layer3.*.conv1, layer3.0.conv1, 0",
    "layer3.?.conv1, layer3.0.conv1, 0",
    "*, layer3.0.conv1, 0",
    "*conv1, layer3.0.conv1, 0",
    "layer3*, layer3.0.conv1, 0",
    "l*3*1, layer3.0.conv1, 0",
    "layer3, layer3.0.conv1, 8",
    "layer4.*.conv1, layer3.0.conv1, 1",
    "layer3.?.conv1, layer3.10.conv1, 1",
    "'', ab, 2",
  })
  void a_pattern_is_as_far_from_a_name_as_characters_have_to_change(
      String glob, String name, int edits) {
    assertThat(Glob.edits(glob, name)).isEqualTo(edits);
  }

  @Test
  void a_later_rule_wins_field_by_field() {
    SearchSpace space =
        space(
            Rule.dividing("layer3.*", 32),
            new Rule(
                "layer3.?.conv1", Optional.empty(), Optional.of(List.of(0.5)), Optional.empty()),
            Rule.dividing("layer3.2.conv1.weight", 8));

    assertThat(widths(space, "layer2.0.conv1.out")).containsExactly(16, 32);
    assertThat(widths(space, "layer3.0.conv1.out")).containsExactly(32, 64);
    assertThat(widths(space, "layer3.2.conv1.out")).containsExactly(32, 64);
    assertThat(widths(space(Rule.dividing("layer3.2.conv1.weight", 8)), "layer3.2.conv1.out"))
        .containsExactly(8, 16, 24, 32, 40, 48, 56, 64);
  }

  @Test
  void an_excluded_layer_keeps_its_width_and_the_space_says_why() {
    SearchSpace space =
        space(
            Rule.excluding("layer*"),
            new Rule("layer3.1.*", Optional.empty(), Optional.empty(), Optional.of(false)));

    assertThat(space.configurable())
        .extracting(choices -> choices.axis().name())
        .containsExactly("layer3.1.conv1.out");
    assertThat(reason(space, "layer3.0.conv1.out")).contains("excluded by the rule 'layer*'");
    assertThat(reason(space, "layer3.1.conv1.out")).isEmpty();
    assertThat(reason(space(), "layer1.0.conv1.out"))
        .contains("its 16 units leave no smaller multiple of the channel divisor 16");
    assertThat(RESNET.frozen())
        .allSatisfy((axis, why) -> assertThat(reason(space, axis)).contains(why));
  }

  @Test
  void every_rule_without_a_layer_is_named_with_similar_names() {
    InvalidInputException error =
        Assertions.catchThrowableOfType(
            InvalidInputException.class,
            () ->
                space(
                    Rule.excluding("layer9.*.conv1"),
                    Rule.dividing("layer3.*", 8),
                    Rule.dividing("layer3.0.conv7", 0)));

    assertThat(error.problems())
        .hasSize(3)
        .anyMatch(text -> text.contains("'layer9.*.conv1'") && text.contains("layer1.0.conv1"))
        .anyMatch(text -> text.contains("'layer3.0.conv7'") && text.contains("layer3.0.conv1"))
        .anyMatch(text -> text.contains("'layer3.0.conv7'") && text.contains("divisor 0"));
  }

  private static SearchSpace space(Rule... rules) {
    return SearchSpace.of(RESNET, SIXTEEN, new LayerRules(List.of(rules)));
  }

  private static List<Integer> widths(SearchSpace space, String axis) {
    return space.axes().stream()
        .filter(choices -> choices.axis().name().equals(axis))
        .findFirst()
        .orElseThrow()
        .widths();
  }

  private static Optional<String> reason(SearchSpace space, String name) {
    return RESNET.axes().stream()
        .filter(axis -> axis.name().equals(name))
        .findFirst()
        .flatMap(space::reason);
  }

  private static Architecture resnet20() {
    try {
      return ResnetArchitecture.of(
          new ObjectMapper()
              .readTree(
                  "{\"architecture\":\"cifar_resnet20\",\"num_classes\":10,\"input_size\":[3,32,32]}"),
          Map.of());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
