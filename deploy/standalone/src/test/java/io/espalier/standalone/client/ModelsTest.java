package io.espalier.standalone.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.event.Artifact;
import io.espalier.event.ArtifactReference;
import io.espalier.event.ModelRegistered;
import io.espalier.event.PrunedModel;
import io.espalier.event.RegistrationAnswer;
import io.espalier.event.RegistrationOutcome;
import io.espalier.event.Run;
import io.espalier.event.RunState;
import io.espalier.standalone.report.Result;
import io.espalier.worker.domain.InvalidInputException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ModelsTest {
  private static final Instant NOON = SampleRun.NOON;
  private static final String PARENT = "aa".repeat(32);
  private static final String CHILD = "bb".repeat(32);

  private final ModelRegistered parent = registered("resnet", "1", PARENT, NOON);
  private final ModelRegistered child = registered("small", "1", CHILD, NOON.plusSeconds(60));

  ModelsTest() {
    child.setParentRootDigest(PARENT);
    child.setGeneration(1);
  }

  @Test
  void each_version_is_listed_once_with_its_newest_registration_and_how_its_runs_stand() {
    ModelRegistered again = registered("resnet", "1", PARENT, NOON.plusSeconds(5));
    Map<String, Map<String, Integer>> runs =
        Map.of("resnet@1", new java.util.TreeMap<>(Map.of("published", 2, "failed", 1)));

    Result result =
        Models.list(
            List.of(parent, child, again), runs, NOON.plusSeconds(125), OptionalInt.empty());

    assertThat(result.table().lines())
        .containsExactly(
            "model     task                  family  parameters  digest        generation  age  "
                + " runs",
            "resnet@1  image-classification  resnet     268,346  aaaaaaaaaaaa           0  2m    1"
                + " failed, 2 published",
            "small@1   image-classification  resnet     268,346  bbbbbbbbbbbb           1  1m5s");
    assertThat(result.names()).contains(List.of("resnet@1", "small@1"));
    assertThat(result.json().at("/models/0/runs/published").asInt()).isEqualTo(2);
    assertThat(result.json().at("/models/1/parentRootDigest").asText()).isEqualTo(PARENT);
  }

  @Test
  void a_version_shows_its_registrations_runs_results_and_answers() {
    ModelRegistered again = registered("resnet", "1", CHILD.replace('b', 'c'), NOON.plusSeconds(5));
    Run failed = SampleRun.in(RunState.FAILED, "run-2");
    failed.setReason("out of memory");
    var answer =
        new RegistrationAnswer(
            "resnet",
            "1",
            RegistrationOutcome.ALREADY_PUBLISHED,
            "its run has published",
            "run-1",
            "edge",
            NOON.plusSeconds(5));
    var history =
        new ModelHistory(
            parent,
            List.of(parent, again, child),
            List.of(pruned("run-1")),
            List.of(answer),
            List.of(failed));

    Result result = text(history);

    assertThat(result.table().lines())
        .contains(
            "model       resnet@1",
            "family      resnet, 268,346 parameters",
            "parent      none, it comes from outside",
            "label       tier=edge",
            "registered  2026-06-01T12:00:00Z by unknown, digest " + PARENT,
            "registered  2026-06-01T12:00:05Z by unknown, digest " + "cc".repeat(32),
            "run    policy  state   stage   age   reason",
            "run-2  edge    failed  1 of 2  2m5s  out of memory",
            "run    policy  took  change             registered as  report",
            "run-1  edge     12s  accuracy -5.00 pp  small@1       "
                + " file:///store/run-1/report.html",
            "2026-06-01T12:00:05Z  already published  edge    its run has published");
    JsonNode json = result.json();
    assertThat(json.at("/pruned/0/registeredAs").asText()).isEqualTo("small@1");
    assertThat(json.at("/pruned/0/seconds").asDouble()).isEqualTo(12);
    assertThat(json.at("/pruned/0/after/accuracy").asDouble()).isEqualTo(0.85);
    assertThat(json.at("/answers/0/answer").asText()).isEqualTo("ALREADY_PUBLISHED");
    assertThat(names(json))
        .contains("name", "version", "rootDigest", "registrations", "runs", "pruned", "answers");
  }

  @Test
  void what_was_pruned_and_registered_says_what_it_was_made_from_and_by_which_run() {
    var history =
        new ModelHistory(
            child, List.of(parent, child), List.of(pruned("run-1")), List.of(), List.of());

    Result result = text(history);

    assertThat(result.table()).contains("parent      resnet@1, pruned by edge in run run-1");
    assertThat(result.json().path("parent").asText()).isEqualTo("resnet@1");
    assertThat(result.json().path("madeByRun").asText()).isEqualTo("run-1");
    assertThat(result.json().path("pruned")).isEmpty();
  }

  @Test
  void a_model_is_found_by_name_for_its_newest_version_or_by_version() {
    ModelRegistered second = registered("resnet", "2", PARENT, NOON.plusSeconds(9));
    List<ModelRegistered> all = List.of(second, parent, child);

    assertThat(Models.find(all, "resnet")).isSameAs(second);
    assertThat(Models.find(all, "resnet@1")).isSameAs(parent);
    assertThatThrownBy(() -> Models.find(all, "resnet@3"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("no model 'resnet@3' is registered; see `espalier models list`");
  }

  private static Result text(ModelHistory history) {
    var around = new Circumstances(NOON.plusSeconds(125), Set.of());
    return new ModelText(history, around, OptionalInt.empty()).result();
  }

  private static ModelRegistered registered(
      String name, String version, String digest, Instant at) {
    return ModelRegistered.newBuilder()
        .setName(name)
        .setVersion(version)
        .setArtifactUri("file:///models/" + name)
        .setRootDigest(digest)
        .setTask("image-classification")
        .setFamily("resnet")
        .setParameters(268_346L)
        .setLabels(Map.of("tier", "edge"))
        .setRegisteredAt(at)
        .build();
  }

  private static PrunedModel pruned(String run) {
    Run made = SampleRun.published(run);
    return PrunedModel.newBuilder()
        .setRunId(run)
        .setModelName("resnet")
        .setModelVersion("1")
        .setPolicyName("edge")
        .setPolicyGeneration(7)
        .setTenant("default")
        .setTask("image-classification")
        .setArtifact(
            new Artifact("file:///store/" + run + "/", CHILD, null, 1L, List.of(), 1, null))
        .setParent(new ArtifactReference("file:///models/resnet", PARENT, null))
        .setGeneration(1)
        .setStages(made.getStages())
        .setMetrics(made.getStages().get(0).getReport().getMetrics())
        .setGates(List.of())
        .setLoadsIn(List.of())
        .setPublishedAt(NOON)
        .build();
  }

  private static List<String> names(JsonNode json) {
    List<String> names = new ArrayList<>();
    json.fieldNames().forEachRemaining(names::add);
    return names;
  }
}
