package io.espalier.streams.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.espalier.event.ArtifactReference;
import io.espalier.event.Metric;
import io.espalier.event.PrunedModel;
import io.espalier.event.PruningPolicy;
import io.espalier.event.StageCommand;
import io.espalier.event.StageKind;
import io.espalier.event.StageOutcome;
import io.espalier.schemas.KindNames;
import io.espalier.schemas.policy.PolicyDocument;
import io.espalier.schemas.policy.PolicyFile;
import io.espalier.schemas.setting.Setting;
import io.espalier.schemas.setting.SettingTable;
import io.espalier.schemas.stage.StageDeclaration;
import io.espalier.schemas.stage.StageDeclarations;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A kind of stage that nothing knows but its declaration, from the policy to the event. */
final class DeclaredStageTest {
  private static final StageDeclaration COPY =
      StageDeclaration.of(
              "copy",
              "Copies the model",
              SettingTable.of(Setting.whole("copies", 1, 3).usually(1).means("Times it is copied")),
              Set.of("bytes"))
          .needing(StageDeclaration.TEACHER);
  private static final StageDeclarations STAGES = StageDeclarations.standard().and(COPY);
  private static final String POLICY =
      """
      apiVersion: espalier.io/v1
      kind: PruningPolicy
      metadata: { name: copies }
      spec:
        match: {}
        stages:
          - prune: { algorithm: fastnas, constraints: { flops: 60% } }
          - copy: { copies: 2 }
        gates: [ { maxBytes: 2000 } ]
      """;

  @TempDir private Path directory;

  @Test
  void a_declared_kind_goes_from_the_policy_to_the_event_with_the_models_that_it_needs() {
    PruningPolicy policy =
        PolicyFile.parse("copies.yaml", POLICY, STAGES).orThrow().get(0).toAvro(1);
    try (var driven = Driven.knowing(STAGES, directory)) {
      driven.apply(policy);
      driven.heartbeat("w1", 1);
      driven.register(Driven.model("net"));
      StageCommand prune = driven.commands().get(0);
      driven.succeeded(prune, "w1");
      StageCommand copy = driven.commands().get(0);
      driven.succeeded(copy, "w1", bytes());

      assertThat(prune.getReferences()).isEmpty();
      assertThat(prune.getKindName()).isEmpty();
      assertThat(KindNames.of(copy.getKind(), copy.getKindName())).isEqualTo("copy");
      assertThat(copy.getSpec()).isEqualTo("{\"copies\":2}");
      assertThat(copy.getInput().getUri()).isEqualTo(Driven.published(prune).getUri());
      assertThat(copy.getReferences())
          .isEqualTo(
              Map.of("teacher", new ArtifactReference("file:///models/net", Driven.DIGEST, null)));
      PrunedModel pruned = driven.pruned().get(0).value();
      assertThat(pruned.getStages())
          .extracting(StageOutcome::getKind, StageOutcome::getKindName)
          .containsExactly(tuple(StageKind.PRUNE, ""), tuple(StageKind.EXPORT, "copy"));
    }
    assertThat(PolicyDocument.of(policy).at("/spec/stages/1/copy/copies").intValue()).isEqualTo(2);
  }

  @Test
  void a_kind_that_needs_a_model_that_no_run_has_is_refused_at_the_start() {
    StageDeclarations stages = StageDeclarations.of(COPY.needing("base"));

    assertThatThrownBy(() -> Driven.knowing(stages, directory))
        .hasMessageContaining("[base]")
        .hasMessageContaining("'teacher'");
  }

  private static Metric bytes() {
    return new Metric("bytes", "bytes", 1500.0, 1000.0, false, null, null);
  }
}
