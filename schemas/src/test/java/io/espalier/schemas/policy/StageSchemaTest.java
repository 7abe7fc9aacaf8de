package io.espalier.schemas.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.schemas.setting.Setting;
import io.espalier.schemas.setting.SettingTable;
import io.espalier.schemas.stage.StageDeclaration;
import io.espalier.schemas.stage.StageDeclarations;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StageSchemaTest {
  private static final StageDeclaration POLISH =
      StageDeclaration.of(
          "polish",
          "Makes it shine",
          SettingTable.of(Setting.whole("rounds", 2, 9).usually(3).means("Times it is wiped")),
          Set.of("gloss"));

  @Test
  void the_published_schema_says_of_stages_what_they_are_declared_to_take() throws IOException {
    assertThat(Files.readString(PublishedPolicySchema.FILE))
        .as("stages have changed: run PublishedPolicySchema.main in the folder of this module")
        .isEqualTo(PublishedPolicySchema.text());
  }

  @Test
  void a_stage_that_is_declared_can_be_said_in_a_policy_and_is_checked() {
    StageDeclarations stages = StageDeclarations.standard().and(POLISH);

    assertThat(problems("polish: { rounds: 9 }", "gloss", stages)).isEmpty();
    assertThat(problems("polish: { rounds: 10, hand: left }", "gloss", stages))
        .hasSize(2)
        .anySatisfy(p -> assertThat(p).contains("polish.rounds: must be at most 9 (Times it is"))
        .anySatisfy(p -> assertThat(p).contains("polish.hand: unknown field; the fields here are"));
    assertThat(problems("polish: {}", "accuracy", stages))
        .singleElement()
        .asString()
        .contains("no stage measures 'accuracy'; gates can be on gloss");
    assertThat(problems("export: {}", "gloss", stages))
        .singleElement()
        .asString()
        .contains("the stages are prune and distill and quantize and evaluate and polish");
  }

  private static List<String> problems(String stage, String metric, StageDeclarations stages) {
    String text =
        """
        apiVersion: espalier.io/v1
        kind: PruningPolicy
        metadata: { name: shiny }
        spec:
          match: {}
          stages: [ %s ]
          gates: [ { metric: %s, maxDegradation: 1 } ]
        """
            .formatted("{ " + stage + " }", metric);
    return PolicyFile.parse("p.yaml", text, stages).problems().stream()
        .map(PolicyProblem::toString)
        .toList();
  }
}
