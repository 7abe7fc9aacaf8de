package io.espalier.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.event.CancelRun;
import io.espalier.event.FailureKind;
import io.espalier.event.ModelRegistered;
import io.espalier.event.RegistrationAnswer;
import io.espalier.event.RegistrationOutcome;
import io.espalier.event.Run;
import io.espalier.event.RunRequest;
import io.espalier.event.RunState;
import io.espalier.event.StageEvent;
import io.espalier.event.StageFailed;
import io.espalier.event.StageStarted;
import io.espalier.schemas.CloudEvent;
import io.espalier.schemas.DeadLetter;
import io.espalier.schemas.Topic;
import io.espalier.standalone.client.Models;
import io.espalier.standalone.client.Pools;
import io.espalier.standalone.client.RunFilter;
import io.espalier.standalone.client.RunListing;
import io.espalier.standalone.client.RunLog;
import io.espalier.standalone.client.Runs;
import io.espalier.standalone.client.letter.DeadLetterListing;
import io.espalier.standalone.client.letter.DeadLetterReplay;
import io.espalier.standalone.client.letter.LetterId;
import io.espalier.standalone.report.Narration;
import io.espalier.standalone.report.Result;
import io.espalier.worker.domain.InvalidInputException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Tests of the command line's views of a real broker's topics, which nobody else writes. */
class ClientListsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static Installed espalier;
  private static Instant begun;

  @BeforeAll
  static void install() {
    begun = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    espalier = Installed.as("client-lists");
  }

  @AfterAll
  static void stop() {
    espalier.close();
  }

  @Test
  void runs_are_listed_as_they_are_now_and_found_by_their_whole_ids_and_by_the_first_letters() {
    Run first = run("a1".repeat(16), "listed", 0);
    Run second = run("a2".repeat(16), "listed", 1);
    publish(first, second);
    second.setState(RunState.REJECTED);
    second.setReason("missed a gate");
    publish(second);

    Result all = list("listed", 100);
    Result newest = list("listed", 1);

    assertThat(all.json().at("/runs").findValuesAsText("state"))
        .containsExactly("QUEUED", "REJECTED");
    assertThat(all.table()).contains("no worker serves pool 'nowhere'", "missed a gate");
    assertThat(newest.names()).contains(List.of(second.getRunId()));
    assertThat(newest.json().path("more").asBoolean()).isTrue();
    assertThat(Runs.show(espalier.address(), second.getRunId()).json().path("state").asText())
        .isEqualTo("REJECTED");
    assertThat(Runs.show(espalier.address(), "a1a").names()).contains(List.of(first.getRunId()));
    assertThatThrownBy(() -> Runs.show(espalier.address(), "a3".repeat(16)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("there is no run 'a3a3");
  }

  @Test
  void watching_a_run_that_does_not_end_is_given_up_in_time_with_a_code_of_its_own() {
    Run run = run("b1".repeat(16), "watched", 0);
    run.setUpdatedAt(begun.minusSeconds(3_600));
    publish(run);
    var told = new ByteArrayOutputStream();
    Narration narration = Narration.plainEvents(new PrintStream(told, true, UTF_8));

    Result result = Runs.watch(espalier.address(), "b1b", Duration.ofSeconds(2), narration);

    assertThat(result.exitCode()).isEqualTo(7);
    assertThat(told.toString(UTF_8))
        .contains("no worker serves pool 'nowhere'")
        .contains(
            run.getUpdatedAt().truncatedTo(ChronoUnit.SECONDS)
                + "  run b1b1b1b1b1b1: queued, stage 1 of 1")
        .contains("run b1b1b1b1b1b1 has not ended within 2s, which is --timeout; it goes on");
  }

  @Test
  void the_reports_of_a_run_are_shown_and_those_of_others_are_not() {
    Run run = run("c1".repeat(16), "logged", 0);
    publish(run);
    report(run.getRunId(), new StageStarted(1, "a card"));
    report("c2".repeat(16), new StageStarted(1, "another card"));
    report(run.getRunId(), new StageFailed(FailureKind.RESOURCE, "out of memory", true));

    Result log = RunLog.of(espalier.address(), run.getRunId());

    assertThat(log.json().path("events").findValuesAsText("event"))
        .containsExactly("started", "failed");
    assertThat(log.table()).contains("out of memory").doesNotContain("another card");
  }

  @Test
  void a_dead_letter_goes_back_to_where_it_came_from_and_says_which_one_it_was() {
    Topic<RunRequest> topic = espalier.topics().runRequests();
    var request = new RunRequest("letter", "test", begun, new CancelRun("no longer wanted"));
    die(topic.name(), "letter", topic.values().serializer().serialize(topic.name(), request));
    die(topic.name(), "garbage", "no event".getBytes(UTF_8));
    die("somebody-elses", "foreign", new byte[] {1});
    var filter = new DeadLetterListing.Filter(Optional.of("run-requests"), Optional.empty(), 100);

    Result listed = DeadLetterListing.list(espalier.address(), filter, OptionalInt.empty());
    LetterId letter = idOf(listed, "letter");
    Result replayed = DeadLetterReplay.of(espalier.address(), List.of(letter));
    Result refused = DeadLetterReplay.allFrom(espalier.address(), "somebody-elses");

    assertThat(listed.json().findValuesAsText("key")).containsExactly("letter", "garbage");
    assertThat(DeadLetterListing.show(espalier.address(), letter).json().at("/event/runId"))
        .hasToString("\"letter\"");
    assertThat(DeadLetterListing.show(espalier.address(), idOf(listed, "garbage")).table())
        .contains("6e 6f 20 65 76 65 6e 74");
    assertThat(replayed.exitCode()).isZero();
    assertThat(replayed.table()).contains("replayed");
    assertThat(refused.exitCode()).isEqualTo(3);
    assertThat(refused.table()).contains("left out: 'somebody-elses' is no topic");
    try (var requests = espalier.read(topic)) {
      var back = requests.await(PATIENCE, value -> value.getRunId().equals("letter"));
      assertThat(back.key()).isEqualTo("letter");
      assertThat(new String(back.headers().lastHeader("espalier.replayed-from").value(), UTF_8))
          .startsWith(espalier.topics().deadLetters() + "/" + letter + " at ");
      assertThat(back.headers().lastHeader("__streams.errors.message")).isNull();
    }
  }

  @Test
  void a_model_shows_its_runs_and_what_its_registrations_were_answered() {
    var registered =
        ModelRegistered.newBuilder()
            .setName("shown")
            .setVersion("1")
            .setArtifactUri("file:///models/shown")
            .setTask("image-classification")
            .setRegisteredAt(begun)
            .build();
    espalier.publish(
        espalier.topics().modelRegistered(), "shown", registered, CloudEvent.MODEL_REGISTERED);
    publish(run("d1".repeat(16), "shown", 0));
    var answer =
        new RegistrationAnswer(
            "shown",
            "1",
            RegistrationOutcome.ALREADY_RUNNING,
            "its run goes on",
            "d1".repeat(16),
            "edge",
            begun);
    espalier.publish(
        espalier.topics().registrationAnswers(), "shown", answer, CloudEvent.REGISTRATION_ANSWERED);

    Result shown = Models.show(espalier.address(), "shown", OptionalInt.empty());

    assertThat(Models.list(espalier.address(), OptionalInt.empty()).table())
        .contains("shown@1", "1 queued");
    assertThat(shown.table()).contains("d1d1d1d1d1d1", "already running", "its run goes on");
  }

  @Test
  void a_pool_that_nobody_serves_is_listed_with_what_waits_for_it() {
    publish(run("e1".repeat(16), "waiting", 0));

    Result pools = Pools.list(espalier.address(), OptionalInt.empty());

    assertThat(pools.json().path("pools").findValuesAsText("pool"))
        .containsExactly("default", "nowhere");
    assertThat(pools.json().at("/pools/1/waiting").asInt()).isPositive();
    assertThat(pools.json().at("/pools/1/note").asText())
        .isEqualTo(
            "no worker serves pool 'nowhere'; `espalier setup --pool nowhere` and"
                + " `espalier worker --pool nowhere` would");
  }

  private static Result list(String model, int limit) {
    var filter =
        new RunFilter(
            Set.of(),
            Optional.empty(),
            Optional.of(model),
            Optional.of(begun.minusSeconds(60)),
            limit);
    return new RunListing(filter, OptionalInt.empty()).now(espalier.address());
  }

  private static Run run(String id, String model, long second) {
    return Run.newBuilder()
        .setRunId(id)
        .setModelName(model)
        .setModelVersion("1")
        .setPolicyName("edge")
        .setPolicyGeneration(7)
        .setTenant("default")
        .setPool("nowhere")
        .setState(RunState.QUEUED)
        .setStageIndex(0)
        .setStageCount(1)
        .setAttempt(1)
        .setStages(List.of())
        .setGates(List.of())
        .setCreatedAt(begun.plusSeconds(second))
        .setUpdatedAt(begun.plusSeconds(second))
        .build();
  }

  private static void publish(Run... runs) {
    for (Run run : runs) {
      espalier.publish(espalier.topics().runs(), run.getRunId(), run, CloudEvent.RUN_CHANGED);
    }
  }

  private static void report(String run, Object detail) {
    var event = new StageEvent(run, 0, 1, "worker-7", begun, detail, "");
    espalier.publish(espalier.topics().stageEvents(), run, event, CloudEvent.STAGE_REPORTED);
  }

  private static void die(String topic, String key, byte[] value) {
    var refused = new ConsumerRecord<>(topic, 0, 17L, key.getBytes(UTF_8), value);
    ProducerRecord<byte[], byte[]> letter =
        DeadLetter.of(
            espalier.topics().deadLetters(), refused, new IllegalArgumentException("broken"));
    espalier.send(
        new ProducerRecord<>(letter.topic(), null, key, letter.value(), letter.headers()));
  }

  private static LetterId idOf(Result listed, String key) {
    for (var letter : listed.json().path("letters")) {
      if (letter.path("key").asText().equals(key)) {
        return LetterId.parse(letter.path("letter").asText()).orElseThrow();
      }
    }
    throw new AssertionError("no letter '%s' among %s".formatted(key, listed.json()));
  }
}
