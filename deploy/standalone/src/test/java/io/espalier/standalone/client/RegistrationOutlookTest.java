package io.espalier.standalone.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.event.ModelRegistered;
import io.espalier.event.PruningPolicy;
import io.espalier.event.Run;
import io.espalier.event.RunState;
import io.espalier.standalone.client.RegistrationOutlook.State;
import io.espalier.standalone.model.Registration;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.zoo.Zoo;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests on a ResNet-20 with drawn images, in a system with one served pool. */
class RegistrationOutlookTest {
  private static final PoolReadiness POOLS =
      new PoolReadiness(List.of("default"), Map.of("default", 1));
  private static final PolicyCosts NO_COSTS = new PolicyCosts(Set.of());
  private static final State NO_RUNS = new State(Map.of(), POOLS, NO_COSTS, 6);

  @TempDir private static Path directory;
  private static ModelRegistered event;

  @BeforeAll
  static void draw() {
    Zoo.writeModel("cifar_resnet20", directory.resolve("model"));
    Zoo.writeShapes(directory.resolve("data"), 64, 64, 7);
    event = registration("my-model").event(SampleRun.NOON);
  }

  private static Registration registration(String name) {
    String data = directory.resolve("data") + "?split=test";
    return new Registration(
        name,
        "1",
        directory.resolve("model"),
        Optional.empty(),
        Map.of("eval", data),
        Map.of("tier", "edge"));
  }

  private static RegistrationOutlook outlook(PruningPolicy... policies) {
    return RegistrationOutlook.of(event, Optional.empty(), List.of(policies), NO_RUNS);
  }

  @Test
  void a_registration_pins_contents_and_names_of_the_files() {
    Manifest content = Manifest.of(directory.resolve("model"));

    assertThat(event.getRootDigest()).isEqualTo(content.rootDigest());
    assertThat(event.getListingDigest()).isEqualTo(content.listingDigest());
    assertThat(registration("my-model").described(SampleRun.NOON).getListingDigest()).isNull();
  }

  @Test
  void the_task_and_the_family_are_those_of_the_files() {
    assertThat(event.getTask()).isEqualTo("image-classification");
    assertThat(event.getFamily()).isEqualTo("resnet");
    assertThat(event.getParameters()).isEqualTo(268_346);
  }

  @Test
  void a_policy_that_matches_is_told_with_its_run_pool_and_workers() {
    RegistrationOutlook outlook = outlook(feasible(SamplePolicy.forNames("all", "*")));

    assertThat(outlook.warnings()).isEmpty();
    ForetoldRun match = outlook.matches().get(0);
    assertThat(match.runId()).matches("[0-9a-f]{32}");
    assertThat(outlook.text())
        .contains("matching policy", "all", match.runId(), "default", "1  begins", "not known yet");
    JsonNode json = json(outlook).at("/matches/0");
    assertThat(json.path("policy").asText()).isEqualTo("all");
    assertThat(json.path("outcome").asText()).isEqualTo("begins");
    assertThat(json.path("workers").asInt()).isEqualTo(1);
    assertThat(json.path("foresight").asText()).isEqualTo("feasible");
  }

  @Test
  void a_policy_that_does_not_match_is_told_with_the_first_condition_that_fails() {
    RegistrationOutlook outlook = outlook(SamplePolicy.forNames("acme", "acme-*"));

    assertThat(outlook.text()).contains("acme", "names: wanted acme-*, found my-model");
    assertThat(json(outlook).at("/others/0/wanted").asText()).isEqualTo("acme-*");
    assertThat(json(outlook).at("/others/0/found").asText()).isEqualTo("my-model");
    assertThat(outlook.warnings())
        .containsExactly(
            "NO POLICY MATCHES my-model@1, so nothing is done with it; above is what each policy"
                + " misses");
    assertThat(outlook().warnings().get(0)).contains("there is no policy");
  }

  @Test
  void data_that_a_policy_fixes_win_and_that_is_said() {
    PruningPolicy policy = feasible(SamplePolicy.forNames("fixes", "*"));
    String fixed = directory.resolve("data").toUri() + "?split=train";
    policy.setData(Map.of("eval", fixed));

    assertThat(outlook(policy).warnings())
        .containsExactly(
            "policy 'fixes': the data 'eval' that was given is not used, since the policy fixes "
                + fixed);
  }

  @Test
  void a_budget_that_no_model_meets_is_foretold() {
    PruningPolicy policy = SamplePolicy.written("tiny", "1%").toAvro(1);

    RegistrationOutlook outlook = outlook(policy);

    assertThat(json(outlook).at("/matches/0/foresight").asText()).isEqualTo("infeasible");
    assertThat(outlook.warnings())
        .singleElement()
        .asString()
        .startsWith("policy 'tiny': will be rejected: ")
        .contains("flops");
  }

  @Test
  void a_pool_that_nobody_serves_is_told() {
    PruningPolicy policy = feasible(SamplePolicy.forNames("gpu-only", "*"));
    policy.setPool("gpu");
    State state = new State(Map.of(), new PoolReadiness(List.of("gpu"), Map.of()), NO_COSTS, 6);

    assertThat(RegistrationOutlook.of(event, Optional.empty(), List.of(policy), state).warnings())
        .singleElement()
        .asString()
        .startsWith("policy 'gpu-only': no worker serves the pool 'gpu'");
  }

  @ParameterizedTest
  @CsvSource({
    "RUNNING  , true , goes_on        , goes on (running)",
    "PUBLISHED, true , stays_published, has published already",
    "PUBLISHED, false, stays_published, nothing is done again",
    "FAILED   , true , stays_ended    , espalier runs retry",
    "REJECTED , false, begins_anew    , had ended as rejected and begins anew"
  })
  void what_is_there_already_is_told(RunState known, boolean same, String outcome, String words) {
    PruningPolicy policy = feasible(SamplePolicy.forNames("all", "*"));
    String runId = outlook(policy).matches().get(0).runId();
    Run run = SampleRun.in(known);
    run.setRunId(runId);
    ModelRegistered before = ModelRegistered.newBuilder(event).build();
    before.setLabels(same ? event.getLabels() : Map.of());

    RegistrationOutlook outlook =
        RegistrationOutlook.of(
            event,
            Optional.of(before),
            List.of(policy),
            new State(Map.of(runId, run), POOLS, NO_COSTS, 6));

    assertThat(json(outlook).at("/matches/0/outcome").asText()).isEqualTo(outcome);
    assertThat(json(outlook).path("registeredBefore").asBoolean()).isTrue();
    assertThat(outlook.text()).contains(words);
  }

  /** Widths of a ResNet-20 are multiples of 8, or there is little to choose. */
  private static PruningPolicy feasible(PruningPolicy policy) {
    policy
        .getStages()
        .get(0)
        .setSpec(
            "{\"algorithm\":\"fastnas\",\"channelDivisor\":8,\"constraints\":{\"flops\":\"60%\"}}");
    return policy;
  }

  private static ObjectNode json(RegistrationOutlook outlook) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    outlook.addTo(json);
    return json;
  }
}
