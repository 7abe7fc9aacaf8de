package io.espalier.streams.app;

import static io.espalier.streams.app.Driven.model;
import static io.espalier.streams.app.Driven.policy;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.BudgetForecast;
import io.espalier.event.FailureKind;
import io.espalier.event.ForecastBasis;
import io.espalier.event.Gate;
import io.espalier.event.GateRule;
import io.espalier.event.Metric;
import io.espalier.event.ModelRegistered;
import io.espalier.event.ModelRejected;
import io.espalier.event.OnGateFailure;
import io.espalier.event.PrunedModel;
import io.espalier.event.RegistrationAnswer;
import io.espalier.event.RegistrationOutcome;
import io.espalier.event.RejectionReason;
import io.espalier.event.StageCommand;
import io.espalier.event.StageKind;
import io.espalier.event.StageSpec;
import io.espalier.streams.domain.model.ArtifactReference;
import io.espalier.streams.domain.run.KeptRun;
import io.espalier.streams.domain.run.RunEnding;
import io.espalier.streams.domain.run.RunId;
import io.espalier.streams.topology.RecentRegistrations.Registered;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests of the topology's input and output, with the settings it runs with. */
final class WholePathTest {
  private static final String TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  @TempDir private Path directory;
  private Driven driven;

  @BeforeEach
  void start() {
    driven = new Driven(directory);
  }

  @AfterEach
  void stop() {
    driven.close();
  }

  @Test
  void a_registered_model_becomes_a_command_and_a_result_becomes_a_pruned_model() {
    driven.apply(policy("small"));
    driven.heartbeat("w1", 1);

    driven.register(model("net"));
    StageCommand command = only(driven.commands());
    driven.started(command, "w1");
    driven.progressed(command, "w1");
    driven.succeeded(command, "w1");

    PrunedModel pruned = only(driven.pruned()).value();
    assertThat(command.getOutputUri())
        .isEqualTo("file:///artifacts/net/" + command.getRunId() + "/stage-0");
    assertThat(command.getData()).isEqualTo(Map.of("train", "file:///data/train"));
    assertThat(command.getSeed()).isEqualTo(7);
    assertThat(pruned.getArtifact()).isEqualTo(Driven.published(command));
    assertThat(pruned.getGeneration()).isEqualTo(1);
    assertThat(driven.states()).containsExactly("QUEUED", "RUNNING", "RUNNING", "PUBLISHED");
    assertThat(driven.rejected()).isEmpty();
    assertThat(driven.deadLetters()).isEmpty();
  }

  @Test
  void a_model_registered_five_times_is_one_run() {
    driven.apply(policy("small"));
    driven.heartbeat("w1", 10);

    for (int i = 0; i < 5; i++) {
      driven.register(model("net"));
    }

    assertThat(driven.commands()).hasSize(1);
    assertThat(driven.states()).containsExactly("QUEUED");
    assertThat(driven.answers())
        .hasSize(4)
        .allMatch(answer -> answer.getAnswer() == RegistrationOutcome.ALREADY_RUNNING);
  }

  @Test
  void every_matching_policy_is_a_run_and_a_changed_policy_another_one() {
    var changed = policy("small");
    changed.setGeneration(2L);
    driven.apply(policy("small"));
    driven.apply(policy("smaller"));
    driven.heartbeat("w1", 10);

    driven.register(model("net"));
    driven.apply(changed);
    driven.register(model("net"));

    assertThat(driven.commands())
        .extracting(StageCommand::getRunId)
        .doesNotHaveDuplicates()
        .hasSize(3);
  }

  @Test
  void a_withdrawn_policy_matches_no_more() {
    driven.apply(policy("small"));
    driven.send(driven.topics.pruningPolicies(), "small", null, new RecordHeaders());
    driven.heartbeat("w1", 10);

    driven.register(model("net"));

    assertThat(driven.commands()).isEmpty();
  }

  @Test
  void a_policy_that_cannot_be_read_harms_no_other() {
    driven.sendBytes(driven.topics.pruningPolicies().name(), "broken", new byte[] {1, 2, 3});
    driven.apply(policy("small"));
    driven.heartbeat("w1", 10);

    driven.register(model("net"));

    assertThat(driven.commands()).hasSize(1);
  }

  @Test
  void no_command_leaves_before_a_worker_has_a_slot_and_an_ended_job_frees_it() {
    driven.apply(policy("small"));
    driven.register(model("one"));
    driven.wait(Duration.ofSeconds(1));
    driven.register(model("two"));

    assertThat(driven.commands()).isEmpty();
    driven.heartbeat("w1", 1);
    StageCommand first = only(driven.commands());
    driven.succeeded(first, "w1");

    assertThat(first.getModelName()).isEqualTo("one");
    assertThat(only(driven.commands()).getModelName()).isEqualTo("two");
  }

  @Test
  void the_second_stage_works_on_what_the_first_one_published() {
    var policy = policy("two-stages");
    policy.setStages(
        List.of(
            new StageSpec(StageKind.PRUNE, "{}", ""), new StageSpec(StageKind.EVALUATE, "{}", "")));
    driven.apply(policy);
    driven.heartbeat("w1", 1);

    driven.register(model("net"));
    StageCommand prune = only(driven.commands());
    driven.succeeded(prune, "w1");
    StageCommand evaluate = only(driven.commands());
    driven.succeeded(evaluate, "w1");

    assertThat(evaluate.getInput().getUri()).isEqualTo(Driven.published(prune).getUri());
    assertThat(evaluate.getInput().getRootDigest()).isEqualTo("cd".repeat(32));
    assertThat(evaluate.getInput().getListingDigest()).isEqualTo(Driven.LISTING);
    PrunedModel pruned = only(driven.pruned()).value();
    assertThat(pruned.getArtifact().getListingDigest()).isEqualTo(Driven.LISTING);
    assertThat(pruned.getStages()).hasSize(2);
  }

  @Test
  void digests_of_a_registration_come_to_the_worker_and_with_the_result() {
    driven.apply(policy("small"));
    driven.heartbeat("w1", 2);
    var pinned = model("pinned");
    pinned.setListingDigest("67".repeat(32));
    driven.register(pinned);
    StageCommand command = only(driven.commands());
    driven.succeeded(command, "w1");

    assertThat(command.getInput().getRootDigest()).isEqualTo(Driven.DIGEST);
    assertThat(command.getInput().getListingDigest()).isEqualTo("67".repeat(32));
    assertThat(only(driven.pruned()).value().getParent().getListingDigest())
        .isEqualTo("67".repeat(32));

    driven.register(model("by-an-older-client"));
    StageCommand older = only(driven.commands());
    driven.succeeded(older, "w1");

    assertThat(older.getInput().getListingDigest()).isNull();
    assertThat(driven.pruned()).hasSize(1);
  }

  @Test
  void an_unchanged_input_under_other_names_is_no_result() {
    driven.apply(policy("small"));
    driven.heartbeat("w1", 1);
    var pinned = model("net");
    pinned.setListingDigest("67".repeat(32));
    driven.register(pinned);
    StageCommand command = only(driven.commands());
    var input = Driven.artifact(command.getInput().getUri());
    input.setRootDigest(Driven.DIGEST);

    input.setListingDigest("89".repeat(32));
    driven.succeeded(command, "w1", input);
    assertThat(driven.pruned()).isEmpty();
    assertThat(driven.deadLetters()).hasSize(1);

    input.setListingDigest("67".repeat(32));
    driven.succeeded(command, "w1", input);
    assertThat(driven.pruned()).hasSize(1);
  }

  @Test
  void commands_carry_the_gates_and_what_earlier_stages_measured() {
    var gate = new Gate("accuracy", GateRule.MAX_DEGRADATION, 0.01);
    var accuracy = new Metric("accuracy", "fraction", 0.9, 0.895, true, "cifar", 100L);
    var policy = policy("two-stages");
    policy.setGates(List.of(gate));
    policy.setStages(
        List.of(
            new StageSpec(StageKind.PRUNE, "{}", ""), new StageSpec(StageKind.EVALUATE, "{}", "")));
    driven.apply(policy);
    driven.heartbeat("w1", 1);

    driven.register(model("net"));
    StageCommand prune = only(driven.commands());
    driven.succeeded(prune, "w1", accuracy);
    StageCommand evaluate = only(driven.commands());

    assertThat(prune.getGates()).containsExactly(gate);
    assertThat(prune.getStageCount()).isEqualTo(2);
    assertThat(prune.getEarlierMetrics()).isEmpty();
    assertThat(evaluate.getGates()).containsExactly(gate);
    assertThat(evaluate.getEarlierMetrics()).containsExactly(accuracy);
  }

  @Test
  void a_rejection_names_the_budget_foretold_to_pass_and_where_the_report_lies() {
    var policy = policy("small");
    policy.setGates(List.of(new Gate("accuracy", GateRule.MAX_DEGRADATION, 0.01)));
    driven.apply(policy);
    driven.heartbeat("w1", 1);
    driven.register(model("net"));
    StageCommand command = only(driven.commands());
    var foretold = new Metric("accuracy", "fraction", 0.9, 0.895, true, null, null);
    var forecast =
        new BudgetForecast(Map.of("flops", "73%"), List.of(foretold), ForecastBasis.CURVE);

    driven.succeeded(
        command, "w1", forecast, new Metric("accuracy", "fraction", 0.9, 0.8, true, null, null));

    ModelRejected rejected = only(driven.rejected()).value();
    assertThat(rejected.getReason()).isEqualTo(RejectionReason.GATE);
    assertThat(rejected.getForecast()).isEqualTo(forecast);
    assertThat(rejected.getReportUri())
        .isEqualTo(Driven.published(command).getUri() + "report.html");
  }

  @Test
  void a_rejection_before_any_pruning_has_no_report() {
    driven.apply(policy("small"));
    driven.heartbeat("w1", 1);
    driven.register(model("net"));

    driven.failed(only(driven.commands()), FailureKind.INVALID_INPUT, false);

    ModelRejected rejected = only(driven.rejected()).value();
    assertThat(rejected.getForecast()).isNull();
    assertThat(rejected.getReportUri()).isNull();
  }

  @Test
  void a_retryable_failure_is_tried_again_after_the_back_off_until_the_attempts_are_used_up() {
    driven.apply(policy("small"));
    driven.heartbeat("w1", 1);
    driven.register(model("net"));

    driven.failed(only(driven.commands()), FailureKind.RESOURCE, true);
    driven.wait(Duration.ofSeconds(29));
    assertThat(driven.commands()).isEmpty();
    driven.heartbeat("w1", 1);
    driven.wait(Duration.ofSeconds(1));
    StageCommand second = only(driven.commands());
    driven.failed(second, FailureKind.RESOURCE, true);
    driven.wait(Duration.ofSeconds(60));
    driven.heartbeat("w1", 1);
    StageCommand third = only(driven.commands());
    driven.failed(third, FailureKind.RESOURCE, true);

    ModelRejected rejected = only(driven.rejected()).value();
    assertThat(second.getAttempt()).isEqualTo(2);
    assertThat(third.getAttempt()).isEqualTo(3);
    assertThat(rejected.getReason()).isEqualTo(RejectionReason.FAILED);
    assertThat(driven.commands()).isEmpty();
  }

  @Test
  void a_failed_run_leaves_its_registration_with_the_cause_in_the_dead_letters() {
    driven.apply(policy("small"));
    driven.heartbeat("w1", 1);
    driven.register(model("net"));
    StageCommand command = only(driven.commands());

    driven.failed(command, FailureKind.INTERNAL, false);

    TestRecord<byte[], byte[]> letter = only(driven.deadLetters());
    var topic = driven.topics.modelRegistered();
    assertThat(topic.values().deserializer().deserialize(topic.name(), letter.value()))
        .isEqualTo(model("net"));
    assertThat(header(letter.headers(), "__streams.errors.message")).isEqualTo("because");
    assertThat(header(letter.headers(), "espalier.run-id")).isEqualTo(command.getRunId());
  }

  @Test
  void neither_silence_nor_waiting_makes_a_second_command() {
    driven.apply(policy("small"));
    driven.heartbeat("w1", 1);
    driven.register(model("net"));
    StageCommand first = only(driven.commands());
    driven.wait(Duration.ofDays(2));
    driven.started(first, "w1");
    driven.wait(Duration.ofDays(2));
    driven.heartbeat("default", "w1", 1, List.of(first));
    driven.succeeded(first, "w1");

    assertThat(driven.commands()).isEmpty();
    assertThat(driven.pruned()).hasSize(1);
  }

  @Test
  void a_command_that_nobody_has_while_a_worker_is_idle_is_sent_again_as_it_was() {
    driven.apply(policy("small"));
    driven.heartbeat("w1", 1);
    driven.register(model("net"));
    StageCommand first = only(driven.commands());

    for (int seconds = 0; seconds < 165; seconds += 5) {
      driven.wait(Duration.ofSeconds(5));
      driven.heartbeat("w1", 1);
    }

    StageCommand again = only(driven.commands());
    again.setIssuedAt(first.getIssuedAt());
    assertThat(again).isEqualTo(first);
  }

  @Test
  void a_success_of_an_attempt_that_was_given_up_is_published() {
    driven.apply(policy("small"));
    driven.heartbeat("w1", 1);
    driven.register(model("net"));
    StageCommand first = only(driven.commands());
    driven.failed(first, FailureKind.RESOURCE, true);
    driven.retry(first.getRunId());
    assertThat(only(driven.commands()).getAttempt()).isEqualTo(2);

    driven.succeeded(first, "w2");

    assertThat(driven.pruned()).hasSize(1);
    assertThat(driven.closed().get(0).getSequence()).isEqualTo(2);
  }

  @Test
  void a_result_without_its_command_s_token_goes_to_the_dead_letters_and_the_real_one_counts() {
    driven.apply(policy("small"));
    driven.heartbeat("w1", 1);
    driven.register(model("net"));
    StageCommand command = only(driven.commands());
    StageCommand forged = StageCommand.newBuilder(command).setToken("guessed").build();

    driven.succeeded(forged, "w1");
    assertThat(driven.pruned()).isEmpty();
    assertThat(header(only(driven.deadLetters()).headers(), "__streams.errors.message"))
        .contains("must carry the token of its command");
    driven.succeeded(command, "w1");

    assertThat(driven.pruned()).hasSize(1);
  }

  @Test
  void a_run_that_is_worked_on_for_longer_than_its_deadline_fails_but_not_one_that_waits() {
    driven.apply(policy("small"));
    driven.register(model("net"));
    driven.wait(Duration.ofDays(3));
    driven.heartbeat("w1", 1);
    StageCommand command = only(driven.commands());
    driven.started(command, "w1");
    assertThat(driven.rejected()).isEmpty();

    for (int minutes = 0; minutes < 361; minutes++) {
      driven.wait(Duration.ofSeconds(30));
      driven.progressed(command, "w1");
      driven.wait(Duration.ofSeconds(30));
    }

    assertThat(only(driven.rejected()).value().getMessage()).contains("for 6h,", "w1");
    assertThat(driven.deadLetters()).hasSize(1);
    assertThat(only(driven.closed()).getReason()).contains("for 6h,");
  }

  @Test
  void nothing_about_time_is_judged_while_reports_wait_to_be_read() {
    driven.apply(policy("small"));
    driven.heartbeat("w1", 1);
    driven.register(model("net"));
    StageCommand command = only(driven.commands());
    driven.started(command, "w1");
    driven.heardUntil = Driven.START.plus(Duration.ofHours(5));
    for (int minutes = 0; minutes < 361; minutes++) {
      driven.wait(Duration.ofMinutes(1));
      driven.progressed(command, "w1");
    }

    driven.wait(Duration.ofSeconds(5));
    driven.succeeded(command, "w1");

    assertThat(driven.rejected()).isEmpty();
    assertThat(driven.pruned()).hasSize(1);
  }

  @Test
  void a_stage_that_waits_for_longer_than_its_queue_timeout_fails() {
    var impatient = policy("impatient");
    impatient.setQueueTimeoutMillis(60_000L);
    driven.apply(impatient);
    driven.register(model("net"));

    driven.wait(Duration.ofSeconds(60));

    assertThat(only(driven.rejected()).value().getMessage()).contains("for 1m,", "pool 'default'");
  }

  @Test
  void progress_is_shown_now_and_then_and_stored_even_less() {
    driven.apply(policy("small"));
    driven.heartbeat("w1", 1);
    driven.register(model("net"));
    StageCommand command = only(driven.commands());
    driven.started(command, "w1");
    driven.states();
    driven.written("runs-changelog");

    for (int second = 0; second < 1000; second++) {
      driven.wait(Duration.ofSeconds(1));
      driven.progressed(command, "w1");
    }

    assertThat(driven.states()).hasSizeBetween(190, 201);
    assertThat(driven.written("runs-changelog")).isBetween(30, 35);
  }

  @Test
  void a_registration_costs_five_records() {
    driven.apply(policy("small"));
    driven.heartbeat("w1", 1);

    driven.register(model("net"));

    assertThat(driven.states()).hasSize(1);
    assertThat(driven.commands()).hasSize(1);
    assertThat(driven.written("runs-changelog")).isEqualTo(1);
    assertThat(driven.written("pool-jobs-changelog")).isEqualTo(1);
    assertThat(driven.written("jobs-by-pool-repartition")).isEqualTo(1);
    assertThat(driven.answers()).isEmpty();
    assertThat(driven.closed()).isEmpty();
  }

  @Test
  void heartbeats_that_change_nothing_cost_no_records() {
    StageCommand command = someCommand();
    driven.register(model("waiting"));
    driven.started(command, "w1");
    assertThat(driven.written("pool-jobs-changelog")).isEqualTo(2);

    for (int i = 0; i < 100; i++) {
      driven.wait(Duration.ofSeconds(5));
      driven.heartbeat("default", "w1", 1, List.of(command));
    }

    assertThat(driven.written("pool-jobs-changelog")).isZero();
    assertThat(driven.commands()).isEmpty();
  }

  @Test
  void a_cancelled_run_leaves_the_line_and_one_rejection() {
    driven.apply(policy("small"));
    driven.register(model("net"));
    String runId = driven.runRecords().get(0).key();

    driven.cancel(runId);
    driven.cancel(runId);
    driven.heartbeat("w1", 1);

    ModelRejected rejected = only(driven.rejected()).value();
    assertThat(rejected.getReason()).isEqualTo(RejectionReason.CANCELLED);
    assertThat(rejected.getMessage()).contains("someone", "changed my mind");
    assertThat(driven.commands()).isEmpty();
    assertThat(driven.deadLetters()).isEmpty();
  }

  @Test
  void a_result_that_misses_a_gate_is_rejected_with_what_it_missed() {
    var policy = policy("strict");
    policy.setGates(List.of(new Gate("accuracy", GateRule.MAX_DEGRADATION, 0.01)));
    driven.apply(policy);
    driven.heartbeat("w1", 1);
    driven.register(model("net"));

    driven.succeeded(
        only(driven.commands()),
        "w1",
        new Metric("accuracy", "fraction", 0.95, 0.90, true, null, null));

    ModelRejected rejected = only(driven.rejected()).value();
    assertThat(rejected.getReason()).isEqualTo(RejectionReason.GATE);
    assertThat(only(rejected.getGates()).getMeasured())
        .isCloseTo(0.05, org.assertj.core.data.Offset.offset(1e-12));
    assertThat(driven.pruned()).isEmpty();
  }

  @Test
  void a_result_that_misses_a_gate_is_published_with_what_it_missed_if_the_policy_says_so() {
    var policy = policy("lenient");
    policy.setGates(List.of(new Gate("accuracy", GateRule.MAX_DEGRADATION, 0.01)));
    policy.setOnGateFailure(OnGateFailure.PUBLISH);
    driven.apply(policy);
    driven.heartbeat("w1", 1);
    driven.register(model("net"));

    driven.succeeded(
        only(driven.commands()),
        "w1",
        new Metric("accuracy", "fraction", 0.95, 0.90, true, null, null));

    PrunedModel pruned = only(driven.pruned()).value();
    assertThat(only(pruned.getGates()).getPassed()).isFalse();
    assertThat(driven.rejected()).isEmpty();
  }

  @Test
  void a_requested_retry_does_not_wait_for_the_back_off() {
    driven.apply(policy("small"));
    driven.heartbeat("w1", 1);
    driven.register(model("net"));
    StageCommand first = only(driven.commands());
    driven.failed(first, FailureKind.RESOURCE, true);
    assertThat(driven.commands()).isEmpty();

    driven.retry(first.getRunId());
    driven.retry(first.getRunId());

    assertThat(only(driven.commands()).getAttempt()).isEqualTo(2);
    driven.wait(Duration.ofSeconds(31));
    assertThat(driven.commands()).isEmpty();
  }

  @Test
  void little_is_kept_of_an_ended_run_and_it_still_refuses_what_comes_late_or_again() {
    driven.apply(policy("small"));
    driven.heartbeat("w1", 1);
    driven.register(model("net"));
    StageCommand command = only(driven.commands());
    driven.succeeded(command, "w1");
    driven.states();

    driven.succeeded(command, "w2");
    driven.failed(command, FailureKind.INTERNAL, false);
    driven.register(model("net"));
    driven.cancel(command.getRunId());
    driven.wait(Duration.ofHours(7));

    assertThat(driven.kept(command.getRunId()))
        .isEqualTo(
            new KeptRun.Over(
                new RunId(command.getRunId()),
                RunEnding.PUBLISHED,
                Driven.START,
                Optional.of(
                    new ArtifactReference(
                        Driven.published(command).getUri(), Optional.of("cd".repeat(32))))));
    assertThat(only(driven.answers()).getMessage())
        .contains("already published as " + Driven.published(command).getUri());
    assertThat(driven.states()).isEmpty();
    assertThat(driven.commands()).isEmpty();
    assertThat(driven.pruned()).hasSize(1);
    assertThat(driven.rejected()).isEmpty();
  }

  @Test
  void a_pool_without_a_topic_gets_no_commands_and_holds_up_no_other_pool() {
    var elsewhere = policy("elsewhere");
    elsewhere.setPool("gpu");
    driven.apply(elsewhere);
    driven.apply(policy("small"));
    driven.poolsWithoutTopic.add("gpu");

    driven.register(model("net"));
    driven.heartbeat("gpu", "w1", 1);
    driven.heartbeat("w2", 1);

    assertThat(only(driven.commands()).getPool()).isEqualTo("default");
    assertThat(header(only(driven.deadLetters()).headers(), "__streams.errors.message"))
        .contains("worker 'w1'", "pool 'gpu' has no topic stage-commands.gpu", "espalier setup");
  }

  @Test
  void every_event_carries_its_attributes_and_the_registration_s_trace() {
    driven.apply(policy("small"));
    driven.heartbeat("w1", 1);
    Headers headers = new RecordHeaders().add("traceparent", TRACE.getBytes(UTF_8));

    driven.register(model("net"), headers);
    TestRecord<String, StageCommand> command = only(driven.commandRecords());
    driven.succeeded(command.value(), "w1");
    TestRecord<String, PrunedModel> pruned = only(driven.pruned());

    String runId = command.value().getRunId();
    assertThat(header(command.headers(), "ce_type")).isEqualTo("io.espalier.stage.requested.v1");
    assertThat(header(command.headers(), "ce_id")).isEqualTo(runId + "/0/1/command");
    assertThat(header(command.headers(), "traceparent")).isEqualTo(TRACE);
    assertThat(header(pruned.headers(), "ce_type")).isEqualTo("io.espalier.model.pruned.v1");
    assertThat(header(pruned.headers(), "ce_id")).isEqualTo(runId + "/pruned");
    assertThat(header(pruned.headers(), "ce_subject")).isEqualTo("net@1");
    assertThat(header(pruned.headers(), "ce_time")).isEqualTo("2026-01-01T00:00:00Z");
    assertThat(header(pruned.headers(), "traceparent")).isEqualTo(TRACE);
    assertThat(driven.runRecords())
        .extracting(run -> header(run.headers(), "ce_id"))
        .containsExactly(runId + "/1", runId + "/2");
  }

  @Test
  void poison_goes_to_the_dead_letters_and_the_next_one_is_processed() {
    driven.apply(policy("small"));
    driven.heartbeat("w1", 1);
    byte[] poison = {0, 1, 2, 3, 4, 5};

    driven.sendBytes(driven.topics.modelRegistered().name(), "net", poison);
    driven.register(model("net"));

    TestRecord<byte[], byte[]> letter = only(driven.deadLetters());
    assertThat(letter.value()).isEqualTo(poison);
    assertThat(letter.key()).isEqualTo("net".getBytes(UTF_8));
    assertThat(header(letter.headers(), "__streams.errors.topic"))
        .isEqualTo("espalier.model-registered");
    assertThat(driven.commands()).hasSize(1);
  }

  @Test
  void a_registration_that_makes_no_sense_goes_to_the_dead_letters_with_every_problem() {
    driven.apply(policy("small"));
    var senseless = model("net");
    senseless.setVersion("");
    senseless.setArtifactUri("not a uri");
    senseless.setRootDigest("short");
    senseless.setListingDigest("XY".repeat(32));

    driven.register(senseless);

    assertThat(header(only(driven.deadLetters()).headers(), "__streams.errors.message"))
        .contains(
            "version must not be empty",
            "artifactUri cannot be parsed",
            "rootDigest",
            "listingDigest");
    assertThat(driven.states()).isEmpty();
  }

  @Test
  void a_report_under_a_foreign_key_goes_to_the_dead_letters() {
    driven.apply(policy("small"));
    driven.heartbeat("w1", 1);
    driven.register(model("net"));
    StageCommand command = only(driven.commands());
    driven.states();

    driven.send(
        driven.topics.stageEvents(),
        "elsewhere",
        new io.espalier.event.StageEvent(
            command.getRunId(),
            0,
            1,
            "w1",
            Driven.START,
            new io.espalier.event.StageStarted(1, "cpu"),
            ""),
        new RecordHeaders());

    assertThat(header(only(driven.deadLetters()).headers(), "__streams.errors.message"))
        .contains("its key must be the run id, found 'elsewhere'");
    assertThat(driven.states()).isEmpty();
  }

  @Test
  void a_policy_that_is_known_late_meets_the_models_that_were_registered_after_it() {
    driven.register(model("before"));
    driven.wait(Duration.ofMillis(10));
    driven.applyLate(policy("small"), () -> driven.register(model("after")));
    driven.heartbeat("w1", 10);

    driven.wait(Duration.ofSeconds(1));

    assertThat(only(driven.commands()).getModelName()).isEqualTo("after");
  }

  @Test
  void models_that_an_earlier_life_has_met_are_looked_at_again_at_the_start() {
    Registered earlier = driven.registeredEarlier(model("net"));
    driven.close();
    driven = new Driven(directory, 1, List.of(earlier));
    driven.apply(policy("small"));
    driven.heartbeat("w1", 10);

    driven.wait(Duration.ofSeconds(1));

    assertThat(driven.commands()).hasSize(1);
  }

  @Test
  void a_failed_run_runs_again_when_somebody_asks_for_it() {
    driven.apply(policy("small"));
    driven.heartbeat("w1", 1);
    driven.register(model("net"));
    StageCommand first = only(driven.commands());
    driven.failed(first, FailureKind.INTERNAL, false);
    driven.states();

    driven.retry(first.getRunId());
    StageCommand again = only(driven.commands());
    driven.succeeded(again, "w1");

    assertThat(again.getAttempt()).isEqualTo(2);
    assertThat(again.getResumeKey()).isEqualTo(first.getResumeKey());
    assertThat(again.getPolicyName()).isEqualTo("small");
    assertThat(again.getPolicyGeneration()).isEqualTo(first.getPolicyGeneration()).isPositive();
    assertThat(driven.states()).containsExactly("QUEUED", "PUBLISHED");
    assertThat(driven.pruned()).hasSize(1);
  }

  @Test
  void a_corrected_registration_runs_anew_from_the_first_stage() {
    driven.apply(policy("small"));
    driven.heartbeat("w1", 1);
    driven.register(model("net"));
    StageCommand first = only(driven.commands());
    driven.failed(first, FailureKind.INVALID_INPUT, false);
    var corrected = model("net");
    corrected.setDatasets(Map.of("train", "file:///data/corrected"));

    driven.register(corrected);

    StageCommand again = only(driven.commands());
    assertThat(again.getRunId()).isEqualTo(first.getRunId());
    assertThat(again.getData()).containsEntry("train", "file:///data/corrected");
    assertThat(again.getResumeKey()).isNotEqualTo(first.getResumeKey());
    assertThat(only(driven.answers()).getAnswer()).isEqualTo(RegistrationOutcome.REOPENED);
  }

  @Test
  void a_dead_letter_that_is_sent_back_as_it_is_runs_again() {
    driven.apply(policy("small"));
    driven.heartbeat("w1", 1);
    driven.register(model("net"));
    StageCommand first = only(driven.commands());
    driven.failed(first, FailureKind.INTERNAL, false);
    TestRecord<byte[], byte[]> letter = only(driven.deadLetters());

    driven.register(model("net"));
    assertThat(driven.commands()).isEmpty();
    driven.register(model("net"), letter.headers());

    assertThat(only(driven.commands()).getAttempt()).isEqualTo(2);
    assertThat(driven.answers())
        .extracting(RegistrationAnswer::getAnswer)
        .containsExactly(RegistrationOutcome.ALREADY_ENDED, RegistrationOutcome.REOPENED);
  }

  @Test
  void a_request_for_a_run_that_is_not_there_goes_to_the_dead_letters() {
    driven.cancel("nobody-s-run");

    assertThat(header(only(driven.deadLetters()).headers(), "__streams.errors.message"))
        .contains("there is no such run");
  }

  @Test
  void a_report_or_request_whose_run_id_is_no_name_goes_to_the_dead_letters() {
    StageCommand command = someCommand();
    for (String runId : List.of("", "a/b", "..", "r\u202En", "x".repeat(300))) {
      driven.cancel(runId);
      driven.started(StageCommand.newBuilder(command).setRunId(runId).build(), "w1");
    }

    assertThat(driven.deadLetters())
        .hasSize(10)
        .allSatisfy(
            letter ->
                assertThat(header(letter.headers(), "__streams.errors.message"))
                    .contains("runId must"));
  }

  @Test
  void records_in_another_partition_than_their_key_s_are_sent_home() {
    driven.close();
    driven = new Driven(directory, 6);
    driven.apply(policy("small"));
    driven.heartbeat("w1", 20);

    for (int i = 0; i < 12; i++) {
      driven.register(model("net-" + i));
    }

    assertThat(driven.commands()).hasSize(12);
    assertThat(driven.written("models-sent-home-repartition")).isBetween(6, 11);
  }

  @Test
  void an_unreadable_policy_leaves_the_last_good_one_in_force_and_goes_to_the_dead_letters() {
    driven.apply(policy("small"));
    driven.heartbeat("w1", 10);
    driven.register(model("one"));
    driven.sendBytes(driven.topics.pruningPolicies().name(), "small", new byte[] {1, 2, 3});

    driven.register(model("two"));
    driven.wait(Duration.ofSeconds(10));

    assertThat(driven.commands()).hasSize(2);
    assertThat(only(driven.deadLetters()).value()).isEqualTo(new byte[] {1, 2, 3});
  }

  @Test
  void names_that_deceive_or_never_end_are_refused_and_the_next_model_is_processed() {
    driven.apply(policy("small"));
    driven.heartbeat("w1", 10);
    for (String name : List.of("a/".repeat(5000) + "a", "net\u202Egpj", "net\u009B31m", "a//b")) {
      driven.register(model(name));
    }

    for (String tenant : List.of("vision/ops", "vi\u202Esion", " vision", "v".repeat(201))) {
      ModelRegistered deceiving = model("tenant-s");
      deceiving.setTenant(tenant);
      driven.register(deceiving);
    }

    driven.register(model("net"));

    assertThat(driven.deadLetters())
        .hasSize(8)
        .filteredOn(
            letter -> header(letter.headers(), "__streams.errors.message").contains("tenant must"))
        .hasSize(4);
    assertThat(only(driven.commands()).getModelName()).isEqualTo("net");
  }

  @Test
  void the_topology_is_the_one_described() throws IOException {
    String described = driven.topology.describe().toString().stripTrailing();

    assertThat(described).isEqualTo(golden().stripTrailing());
    assertThat(described).doesNotContain("KSTREAM", "KTABLE");
  }

  private static String golden() throws IOException {
    try (InputStream stream = WholePathTest.class.getResourceAsStream("/topology.txt")) {
      return new String(
          Objects.requireNonNull(stream, "src/test/resources/topology.txt").readAllBytes(), UTF_8);
    }
  }

  private StageCommand someCommand() {
    driven.apply(policy("small"));
    driven.heartbeat("w1", 1);
    driven.register(model("net"));
    return only(driven.commands());
  }

  private static String header(Headers headers, String name) {
    return new String(headers.lastHeader(name).value(), UTF_8);
  }

  private static <T> T only(List<T> list) {
    assertThat(list).hasSize(1);
    return list.get(0);
  }
}
