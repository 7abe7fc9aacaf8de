package io.espalier.standalone.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.event.Run;
import io.espalier.event.RunState;
import io.espalier.event.StageProgressed;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topic;
import io.espalier.schemas.Topics;
import io.espalier.standalone.client.topic.EventDecoding;
import io.espalier.standalone.client.topic.NewestFirst;
import io.espalier.standalone.client.topic.NewestSearch;
import io.espalier.standalone.client.topic.Portion;
import io.espalier.standalone.report.Result;
import io.espalier.worker.domain.InvalidInputException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RunListingTest {
  private static final Instant NOON = SampleRun.NOON;
  private static final RunFilter ALL =
      new RunFilter(Set.of(), Optional.empty(), Optional.empty(), Optional.empty(), 100);

  private final Topic<Run> topic = new Topics("", SchemaRegistry.inMemory("run-listing"), 2).runs();
  private final KeptConsumer<String> consumer = new KeptConsumer<>(topic.name(), 2);

  @Test
  void a_run_is_listed_as_it_is_now_whatever_it_was_before() {
    add(0, "run-1", RunState.QUEUED, NOON);
    add(0, "run-2", RunState.QUEUED, NOON.plusSeconds(1));
    add(0, "run-1", RunState.FAILED, NOON);
    consumer.add(0, NOON.toEpochMilli(), "run-2", null);
    consumer.add(0, NOON.toEpochMilli(), "run-1", "this is no run".getBytes(UTF_8));

    NewestRuns found = search(ALL);

    assertThat(found.runs()).extracting(Run::getState).containsExactly(RunState.FAILED);
    assertThat(found.hasMore()).isFalse();
  }

  @Test
  void the_newest_are_listed_in_the_order_of_their_beginning_and_the_old_are_not_read() {
    for (int i = 0; i < 3_000; i++) {
      add(i % 2, "run-" + i, RunState.PUBLISHED, NOON.plus(Duration.ofMinutes(i)));
    }

    NewestRuns found = search(limited(3));

    assertThat(found.runs())
        .extracting(Run::getRunId)
        .containsExactly("run-2997", "run-2998", "run-2999");
    assertThat(found.hasMore()).isTrue();
    assertThat(consumer.given()).isLessThan(700);
  }

  @Test
  void an_old_run_that_changed_last_is_not_taken_for_a_new_one() {
    add(0, "old", RunState.QUEUED, NOON.minusSeconds(90_000));
    for (int i = 0; i < 2_000; i++) {
      add(1, "run-" + i, RunState.PUBLISHED, NOON.plus(Duration.ofMinutes(i)));
    }
    Run changed = run("old", RunState.RUNNING, NOON.minusSeconds(90_000));
    put(0, NOON.plus(Duration.ofHours(50)), changed);

    assertThat(search(limited(1)).runs()).extracting(Run::getRunId).containsExactly("run-1999");
  }

  @Test
  void runs_are_found_by_state_policy_model_and_time() {
    add(0, "failed", RunState.FAILED, NOON);
    add(0, "queued", RunState.QUEUED, NOON.plusSeconds(10));
    Run other = run("other", RunState.FAILED, NOON.plusSeconds(20));
    other.setPolicyName("large");
    other.setModelName("bert");
    put(1, NOON.plusSeconds(20), other);

    assertThat(ids(filter(Set.of(RunState.FAILED), null, null, null)))
        .containsExactly("failed", "other");
    assertThat(ids(filter(Set.of(), "large", null, null))).containsExactly("other");
    assertThat(ids(filter(Set.of(), null, "resnet", null))).containsExactly("failed", "queued");
    assertThat(ids(filter(Set.of(), null, "bert@1", null))).containsExactly("other");
    assertThat(ids(filter(Set.of(), null, "bert@2", null))).isEmpty();
    assertThat(ids(filter(Set.of(), null, null, NOON.plusSeconds(10))))
        .containsExactly("queued", "other");
  }

  @Test
  void a_run_is_found_by_the_first_letters_of_its_id() {
    add(0, "abc1", RunState.QUEUED, NOON);
    add(1, "abd2", RunState.FAILED, NOON);
    add(1, "abd2", RunState.QUEUED, NOON);

    assertThat(find("abd").getState()).isEqualTo(RunState.QUEUED);
    assertThatThrownBy(() -> find("ab"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("'ab' begins the ids of several runs, such as abc1 and abd2; give more of it");
    assertThatThrownBy(() -> find("x"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("there is no run 'x'; see `espalier runs list`");
  }

  @Test
  void runs_are_shown_in_columns_with_what_they_wait_for_and_how_far_they_are() {
    Run running = run("run-at-work-0123456789", RunState.RUNNING, NOON);
    running.setStageIndex(1);
    running.setProgress(new StageProgressed("measuring", 9L, 20L, 120_000L, Map.of()));
    Run failed = run("failed", RunState.FAILED, NOON.plusSeconds(2));
    failed.setStageIndex(2);
    failed.setReason("out of memory:\n  wanted 3 GiB");
    List<Run> runs = List.of(running, run("queued", RunState.QUEUED, NOON.plusSeconds(1)), failed);

    Result result = shown(runs, OptionalInt.empty());

    assertThat(result.table().lines())
        .containsExactly(
            "run           model     policy  state    stage   attempt  progress  age   reason",
            "run-at-work-  resnet@1  edge    running  2 of 2        3      45 %  2m5s  measuring,"
                + " about 2m left",
            "queued        resnet@1  edge    queued   1 of 2        3            2m4s  no worker"
                + " serves pool 'gpu'",
            "failed        resnet@1  edge    failed   2 of 2        3            2m3s  out of"
                + " memory: wanted 3 GiB");
    assertThat(result.names()).contains(List.of("run-at-work-0123456789", "queued", "failed"));
  }

  @Test
  void a_narrow_terminal_gets_lines_that_fit_with_the_run_whole() {
    Run failed = run("failed-run-01", RunState.FAILED, NOON);
    failed.setReason("a reason of more words than a narrow terminal has room for in one line");

    Result result = shown(List.of(failed), OptionalInt.of(90));

    assertThat(result.table().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThan(91));
    assertThat(result.table()).contains("failed-run-0", "failed", "2m5s", "a reason of", "…");
  }

  @Test
  void the_keys_of_json_stay() {
    Run running = run("running", RunState.RUNNING, NOON);
    running.setProgress(new StageProgressed("measuring", 9L, 20L, 120_000L, Map.of()));
    List<Run> runs =
        List.of(SampleRun.published("published"), running, run("queued", RunState.QUEUED, NOON));

    JsonNode json = shown(runs, OptionalInt.empty()).json();

    assertThat(names(json)).containsExactly("runs", "more");
    Map<String, JsonNode> byId = new java.util.HashMap<>();
    json.path("runs").forEach(run -> byId.put(run.path("runId").asText(), run));
    assertThat(names(byId.get("published")))
        .containsExactlyInAnyOrder(
            "runId",
            "modelName",
            "modelVersion",
            "policyName",
            "policyGeneration",
            "tenant",
            "pool",
            "state",
            "stageIndex",
            "stageCount",
            "attempt",
            "stages",
            "gates",
            "artifact",
            "createdAt",
            "updatedAt",
            "stage",
            "ageSeconds",
            "report");
    assertThat(byId.get("published").path("report").asText())
        .isEqualTo("file:///store/published/report.html");
    assertThat(byId.get("published").path("ageSeconds").asLong()).isEqualTo(125);
    assertThat(byId.get("published").path("state").asText()).isEqualTo("PUBLISHED");
    assertThat(byId.get("running").path("percent").asInt()).isEqualTo(45);
    assertThat(byId.get("running").path("stage").asInt()).isEqualTo(1);
    assertThat(byId.get("queued").path("note").asText()).isEqualTo("no worker serves pool 'gpu'");
  }

  @Test
  void where_some_are_left_out_the_list_says_so() {
    add(0, "run-1", RunState.QUEUED, NOON);
    add(0, "run-2", RunState.QUEUED, NOON.plusSeconds(1));

    Result result =
        new RunListing(limited(1), OptionalInt.empty())
            .result(search(limited(1)), new Circumstances(NOON, Set.of()));

    assertThat(result.table()).contains("run-2", "the newest 1; --limit lists more");
    assertThat(result.json().path("more").asBoolean()).isTrue();
  }

  @Test
  void a_run_that_changes_is_a_line_in_the_columns_of_the_list_but_not_each_sign_of_life() {
    var around = new Circumstances(NOON.plusSeconds(125), Set.of());
    List<Run> listed = List.of(run("a-run", RunState.PUBLISHED, NOON));
    RunListing.Changes changes =
        new RunListing(ALL, OptionalInt.empty()).new Changes(RunListing.table(listed, around));
    Run running = run("b-run", RunState.RUNNING, NOON);

    running.setProgress(new StageProgressed("measuring", 11L, 100L, null, Map.of()));
    Optional<Result> first = changes.line(new RunView(running, around));
    running.setProgress(new StageProgressed("measuring", 19L, 100L, null, Map.of()));
    Optional<Result> second = changes.line(new RunView(running, around));
    running.setProgress(new StageProgressed("measuring", 20L, 100L, null, Map.of()));
    Optional<Result> third = changes.line(new RunView(running, around));

    assertThat(first.orElseThrow().table())
        .isEqualTo(
            "b-run  resnet@1  edge    running    1 of 2        3      11 %  2m5s  measuring");
    assertThat(first.orElseThrow().json().path("percent").asInt()).isEqualTo(11);
    assertThat(second).isEmpty();
    assertThat(third.orElseThrow().table()).contains("20 %");
  }

  private Result shown(List<Run> runs, OptionalInt width) {
    var newest = new NewestRuns(ALL);
    runs.forEach(run -> newest.finds(run.getRunId(), run));
    return new RunListing(ALL, width)
        .result(newest, new Circumstances(NOON.plusSeconds(125), Set.of("default")));
  }

  private List<String> ids(RunFilter filter) {
    return search(filter).runs().stream().map(Run::getRunId).toList();
  }

  private NewestRuns search(RunFilter filter) {
    var search = new NewestRuns(filter);
    in(search, Portion.all());
    return search;
  }

  private Run find(String id) {
    var search = new RunSearch(id);
    in(search, Portion.keysAnywhere(key -> key.startsWith(id)));
    return search.run();
  }

  /** The consumer is not closed, since it serves the next search too. */
  private void in(NewestSearch<Run> search, Portion portion) {
    search.in(
        new NewestFirst<>(topic.name(), consumer, portion), new EventDecoding<>(topic), portion);
  }

  private static RunFilter filter(
      Set<RunState> states, String policy, String model, Instant since) {
    return new RunFilter(
        states,
        Optional.ofNullable(policy),
        Optional.ofNullable(model),
        Optional.ofNullable(since),
        100);
  }

  private static RunFilter limited(int limit) {
    return new RunFilter(Set.of(), Optional.empty(), Optional.empty(), Optional.empty(), limit);
  }

  private void add(int partition, String id, RunState state, Instant at) {
    put(partition, at, run(id, state, at));
  }

  private void put(int partition, Instant at, Run run) {
    byte[] bytes = topic.values().serializer().serialize(topic.name(), run);
    consumer.add(partition, at.toEpochMilli(), run.getRunId(), bytes);
  }

  private static Run run(String id, RunState state, Instant at) {
    Run run = SampleRun.in(state, id);
    run.setCreatedAt(at);
    run.setUpdatedAt(at);
    return run;
  }

  private static List<String> names(JsonNode json) {
    List<String> names = new ArrayList<>();
    json.fieldNames().forEachRemaining(names::add);
    return names;
  }
}
