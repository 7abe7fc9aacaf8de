package io.espalier.standalone.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.event.CancelRun;
import io.espalier.event.RunRequest;
import io.espalier.schemas.DeadLetter;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topic;
import io.espalier.schemas.Topics;
import io.espalier.schemas.UnreadableEventException;
import io.espalier.standalone.client.letter.DeadLetterListing;
import io.espalier.standalone.client.letter.DeadLetterReplay;
import io.espalier.standalone.client.letter.Letter;
import io.espalier.standalone.client.letter.LetterId;
import io.espalier.standalone.client.letter.LetterReader;
import io.espalier.standalone.client.letter.LetterText;
import io.espalier.standalone.client.topic.NewestFirst;
import io.espalier.standalone.client.topic.Portion;
import io.espalier.standalone.report.Result;
import io.espalier.worker.domain.InvalidInputException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class DeadLettersTest {
  private static final Instant NOON = SampleRun.NOON;
  private static final int LARGEST = 3 << 20;

  private final Topics topics =
      new Topics("espalier.", SchemaRegistry.inMemory("dead-letters-test"), 1);
  private final Topic<RunRequest> requests = topics.runRequests();
  private final KeptConsumer<byte[]> consumer = new KeptConsumer<>(topics.deadLetters(), 2);

  @Test
  void letters_are_listed_with_where_they_came_from_when_why_and_how_large_they_are() {
    add(0, NOON, died("request-1", "garbage".getBytes(UTF_8), requests.name()));
    add(1, NOON.plusSeconds(60), failedRun("resnet", "run-7"));

    Result result = listed(everything(100), NOON.plusSeconds(125));

    assertThat(result.table().lines())
        .containsExactly(
            "letter  age   from                       key        bytes  cause                    "
                + " message",
            "0-0     2m5s  espalier.run-requests      request-1      7  UnreadableEventException "
                + " wanted a RunRequest",
            "1-0     1m5s  espalier.model-registered  resnet         5  RunFailed                "
                + " out of memory");
    assertThat(result.json().at("/letters/0").toString())
        .isEqualTo(
            "{\"letter\":\"0-0\",\"at\":\"2026-06-01T12:00:00Z\","
                + "\"topic\":\"espalier.run-requests\",\"partition\":4,\"offset\":17,"
                + "\"key\":\"request-1\",\"cause\":\"UnreadableEventException\","
                + "\"message\":\"wanted a RunRequest\",\"bytes\":7}");
    assertThat(result.json().at("/letters/1/runId").asText()).isEqualTo("run-7");
    assertThat(result.names()).contains(List.of("0-0", "1-0"));
  }

  @Test
  void a_letter_that_was_replayed_in_vain_says_which_one_it_was() {
    add(0, NOON, died("run-1", "garbage".getBytes(UTF_8), requests.name()));
    ProducerRecord<byte[], byte[]> back = DeadLetterReplay.back(read("0-0"), topics, NOON);

    add(0, NOON.plusSeconds(60), diedAgain(back));

    Result result = listed(everything(100), NOON.plusSeconds(60));
    assertThat(result.table().lines().skip(1))
        .satisfiesExactly(
            first -> assertThat(first).startsWith("0-0").endsWith("  wanted a RunRequest"),
            second ->
                assertThat(second)
                    .startsWith("0-1")
                    .endsWith("  again, after a replay of 0-0: wanted a RunRequest"));
    assertThat(result.json().at("/letters/0/replayedFrom").isMissingNode()).isTrue();
    assertThat(result.json().at("/letters/1/replayedFrom").asText()).isEqualTo("0-0");
  }

  @Test
  void the_newest_letters_of_a_topic_are_found_and_what_is_large_is_not_kept() {
    for (int i = 0; i < 20; i++) {
      add(0, NOON.plus(Duration.ofMinutes(i)), died("k" + i, new byte[LARGEST], requests.name()));
      add(1, NOON.plus(Duration.ofMinutes(i)), failedRun("model-" + i, "run-" + i));
    }
    var filter = new DeadLetterListing.Filter(Optional.of("run-requests"), Optional.empty(), 2);

    DeadLetterListing.Found found = find(filter);

    assertThat(found.letters()).extracting(Letter::key).containsExactly("k18", "k19");
    assertThat(found.letters()).extracting(Letter::bytes).containsOnly(LARGEST);
    assertThat(found.letters()).extracting(letter -> letter.found().value()).containsOnlyNulls();
    assertThat(found.more()).isTrue();
  }

  @Test
  void a_letter_that_can_be_read_now_is_shown_as_the_event_that_it_is() {
    add(0, NOON, died("run-1", request("run-1"), requests.name()));

    Result result = LetterText.of(read("0-0"), topics, List.of());

    assertThat(result.table())
        .contains("from     espalier.run-requests, partition 4, offset 17")
        .contains("which can be read now")
        .contains("runId: \"run-1\"")
        .contains("traceparent: 00-abc");
    assertThat(result.json().at("/event/requestedBy").asText()).isEqualTo("me");
  }

  @Test
  void a_letter_that_is_no_event_is_shown_by_its_first_bytes() {
    byte[] garbage = ("no event\u0001" + "x".repeat(1_000)).getBytes(UTF_8);
    add(0, NOON, died("run-1", garbage, requests.name()));

    Result result = LetterText.of(read("0-0"), topics, List.of());

    assertThat(result.table())
        .contains("value: 1,009 bytes: wanted a RunRequest")
        .contains("0000  6e 6f 20 65 76 65 6e 74 01 78 78 78 78 78 78 78  no event.xxxxxxx")
        .contains("(the first 256 bytes)");
    assertThat(result.json().path("hex").asText()).startsWith("6e6f20").hasSize(512);
  }

  @Test
  void a_letter_that_is_not_there_is_named() {
    add(0, NOON, died("run-1", new byte[] {1}, requests.name()));

    for (String name : List.of("0-1", "7-0")) {
      assertThatThrownBy(() -> read(name))
          .isInstanceOf(InvalidInputException.class)
          .hasMessage(
              "there is no letter %s on espalier.dead-letters; see `espalier dead-letters list`",
              name);
    }
  }

  @Test
  void a_letter_goes_back_with_its_key_value_and_headers_and_says_that_it_does() {
    add(0, NOON, died("run-1", request("run-1"), requests.name()));

    ProducerRecord<byte[], byte[]> back =
        DeadLetterReplay.back(read("0-0"), topics, NOON.plusSeconds(60));

    assertThat(back.topic()).isEqualTo("espalier.run-requests");
    assertThat(back.partition()).isNull();
    assertThat(back.key()).isEqualTo("run-1".getBytes(UTF_8));
    assertThat(back.value()).isEqualTo(request("run-1"));
    assertThat(headers(back))
        .isEqualTo(
            Map.of(
                "traceparent", "00-abc",
                "espalier.replayed-from", "espalier.dead-letters/0-0 at 2026-06-01T12:01:00Z"));
  }

  @Test
  void the_registration_of_a_run_that_failed_goes_back_with_the_run_by_which_it_is_opened_again() {
    add(0, NOON, failedRun("resnet", "run-7"));

    ProducerRecord<byte[], byte[]> back = DeadLetterReplay.back(read("0-0"), topics, NOON);

    assertThat(back.topic()).isEqualTo("espalier.model-registered");
    assertThat(headers(back)).containsEntry("espalier.run-id", "run-7");
  }

  @Test
  void what_cannot_go_back_whole_says_why() {
    add(0, NOON, died("a", new byte[4 << 20], topics.stageEvents().name()));
    add(0, NOON, died("b", new byte[1 << 20], requests.name()));
    add(0, NOON, died("c", new byte[] {1}, requests.name()));

    assertThat(DeadLetterReplay.problem(read("0-0"), 4 << 20))
        .contains("its value had 4194304 bytes and was cut to 65536; send the original again");
    assertThat(DeadLetterReplay.problem(read("0-1"), 256 << 10))
        .contains("it has 1048576 bytes, and an event there may have at most 262144");
    assertThat(DeadLetterReplay.problem(read("0-2"), 256 << 10)).isEmpty();
  }

  @Test
  void a_policy_came_from_the_topic_of_policies_though_its_letter_names_a_table() {
    add(0, NOON, died("edge", new byte[] {1}, "policies"));

    assertThat(read("0-0").source(topics)).contains("espalier.pruning-policies");
  }

  @Test
  void a_letters_name_is_read_as_it_is_written() {
    assertThat(LetterId.parse("3-17")).contains(new LetterId(3, 17));
    assertThat(new LetterId(3, 17)).hasToString("3-17");
    assertThat(LetterId.parse("3")).isEmpty();
    assertThat(LetterId.parse("3-x")).isEmpty();
    assertThat(LetterId.parse("-1-0")).isEmpty();
  }

  /** The consumer is not closed, since it serves the next read too. */
  private Letter read(String name) {
    return new LetterReader(topics.deadLetters(), consumer)
        .read(LetterId.parse(name).orElseThrow());
  }

  private static DeadLetterListing.Filter everything(int limit) {
    return new DeadLetterListing.Filter(Optional.empty(), Optional.empty(), limit);
  }

  private DeadLetterListing.Found find(DeadLetterListing.Filter filter) {
    return DeadLetterListing.find(
        new NewestFirst<>(topics.deadLetters(), consumer, Portion.all(), Letter::withoutValue),
        filter,
        topics);
  }

  private Result listed(DeadLetterListing.Filter filter, Instant now) {
    return DeadLetterListing.result(find(filter), topics, now, OptionalInt.empty());
  }

  private void add(int partition, Instant at, ProducerRecord<byte[], byte[]> letter) {
    consumer.add(
        partition,
        at.toEpochMilli(),
        letter.key(),
        letter.value(),
        new RecordHeaders(letter.headers()));
  }

  /** A letter as coordinator and workers write it. */
  private ProducerRecord<byte[], byte[]> died(String key, byte[] value, String topic) {
    var refused = new ConsumerRecord<>(topic, 4, 17L, key.getBytes(UTF_8), value);
    refused.headers().add("traceparent", "00-abc".getBytes(UTF_8));
    return DeadLetter.of(
        topics.deadLetters(), refused, new UnreadableEventException("wanted a RunRequest", null));
  }

  /** A letter that was sent back and failed as before. */
  private ProducerRecord<byte[], byte[]> diedAgain(ProducerRecord<byte[], byte[]> back) {
    var refused = new ConsumerRecord<>(back.topic(), 4, 18L, back.key(), back.value());
    back.headers().forEach(refused.headers()::add);
    return DeadLetter.of(
        topics.deadLetters(), refused, new UnreadableEventException("wanted a RunRequest", null));
  }

  /** A letter as the coordinator writes it of a run that failed. */
  private ProducerRecord<byte[], byte[]> failedRun(String model, String run) {
    var headers = new RecordHeaders();
    headers.add("__streams.errors.exception", "RunFailed".getBytes(UTF_8));
    headers.add("__streams.errors.message", "out of memory".getBytes(UTF_8));
    headers.add("espalier.run-id", run.getBytes(UTF_8));
    return new ProducerRecord<>(
        topics.deadLetters(), null, model.getBytes(UTF_8), new byte[] {0, 1, 2, 3, 4}, headers);
  }

  private byte[] request(String run) {
    return requests
        .values()
        .serializer()
        .serialize(requests.name(), new RunRequest(run, "me", NOON, new CancelRun("no")));
  }

  private static Map<String, String> headers(ProducerRecord<byte[], byte[]> record) {
    Map<String, String> headers = new TreeMap<>();
    for (Header header : record.headers()) {
      headers.put(header.key(), new String(header.value(), UTF_8));
    }
    return headers;
  }
}
