package io.espalier.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.confluent.kafka.schemaregistry.avro.AvroSchema;
import io.confluent.kafka.schemaregistry.client.SchemaRegistryClient;
import io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException;
import io.espalier.event.Artifact;
import io.espalier.event.BudgetForecast;
import io.espalier.event.CancelRun;
import io.espalier.event.FailureKind;
import io.espalier.event.ForecastBasis;
import io.espalier.event.Gate;
import io.espalier.event.GateRule;
import io.espalier.event.Metric;
import io.espalier.event.ModelRejected;
import io.espalier.event.PrunedModel;
import io.espalier.event.RejectionReason;
import io.espalier.event.Run;
import io.espalier.event.RunRequest;
import io.espalier.event.RunState;
import io.espalier.event.StageEvent;
import io.espalier.event.StageFailed;
import io.espalier.event.StageProgressed;
import io.espalier.schemas.CloudEvent;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.model.TextModel;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A model lands, is pruned, and a pruned-model event comes out; and what happens to events that are
 * no good.
 */
class WholePathIT {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private static Installed espalier;

  @BeforeAll
  static void install() {
    espalier = Installed.as("whole-path");
    espalier.startCoordinator();
    espalier.startWorker("worker");
  }

  @AfterAll
  static void stop() {
    espalier.close();
  }

  @Test
  void a_registered_model_is_pruned_within_its_budget_and_announced() {
    espalier.applyPolicy("resnet", "60%", 32);

    espalier.register("resnet", "1", TestModel.small(), Optional.empty());

    PrunedModel pruned = pruned("resnet");
    Path artifact = Path.of(URI.create(pruned.getArtifact().getUri()));
    assertThat(Manifest.of(artifact).rootDigest()).isEqualTo(pruned.getArtifact().getRootDigest());
    assertThat(artifact.toFile().list()).contains(TestModel.files().toArray(String[]::new));
    Metric flops = metric(pruned, "flops");
    assertThat(flops.getAfter()).isLessThanOrEqualTo(0.6 * flops.getBefore());
    assertThat(ModelDirectory.open(artifact).bytes())
        .isLessThan(ModelDirectory.open(TestModel.small()).bytes());
    Artifact shown = finalRun(pruned.getRunId()).getArtifact();
    assertThat(shown.getUri()).isEqualTo(pruned.getArtifact().getUri());
    assertThat(shown.getRootDigest()).isEqualTo(pruned.getArtifact().getRootDigest());
    assertThat(shown.getFiles()).as("files are listed once, with the result").isEmpty();
    assertThat(pruned.getArtifact().getFiles()).hasSize(shown.getFileCount());
  }

  @Test
  void the_report_of_a_result_says_how_it_fares_at_the_gates() throws IOException {
    var gate = new Gate("flops", GateRule.PERCENT_MAX_DEGRADATION, -10.0);
    espalier.applyPolicy("gated", Installed.spec("60%", 32), List.of(gate));

    espalier.register("gated", "1", TestModel.small(), Optional.empty());

    PrunedModel pruned = pruned("gated");
    JsonNode identity = identity(URI.create(pruned.getArtifact().getUri() + "report.json"));
    assertThat(identity.path("run").asText()).isEqualTo(pruned.getRunId());
    assertThat(identity.path("gates")).hasSize(1);
    assertThat(identity.at("/gates/0/passed").asBoolean()).isTrue();
    assertThat(identity.at("/gates/0/words").asText())
        .startsWith("flops percentMaxDegradation -10.00 %: better by ");
    assertThat(identity.has("forecast")).isFalse();
  }

  /**
   * A block of the reader costs 4,096 of attention, 3,072 of pairs of tokens and 64 for each of 64
   * neurons, so 80 % leave it 24 neurons and three quarters 16: 16,448 of 22,592 a token, or 72.8
   * %.
   */
  @Test
  void a_result_that_misses_a_gate_is_rejected_with_its_report_and_what_it_foretells()
      throws IOException {
    var gate = new Gate("flops", GateRule.PERCENT_MAX_DEGRADATION, -25.0);
    espalier.applyPolicy("too-large", TestReader.spec("80%"), List.of(gate));

    espalier.registerReader("too-large");

    ModelRejected rejected = rejected("too-large");
    assertThat(rejected.getReason()).isEqualTo(RejectionReason.GATE);
    URI page = URI.create(rejected.getReportUri());
    assertThat(Files.readString(Path.of(page)))
        .contains("✗ flops percentMaxDegradation -25.00 %: better by ");
    JsonNode identity = identity(page.resolve("report.json"));
    assertThat(identity.at("/gates/0/passed").asBoolean(true)).isFalse();
    BudgetForecast forecast = rejected.getForecast();
    assertThat(forecast.getConstraints()).containsExactly(Map.entry("flops", "73%"));
    assertThat(forecast.getBasis()).isEqualTo(ForecastBasis.CURVE);
    assertThat(forecast.getMetrics())
        .singleElement()
        .satisfies(flops -> assertThat(flops.getAfter()).isEqualTo(2 * 48 * 16_448.0));
    assertThat(identity.at("/forecast/constraints/flops").asText()).isEqualTo("73%");
    assertThat(identity.at("/forecast/basis").asText())
        .isEqualToIgnoringCase(forecast.getBasis().name());
  }

  @Test
  void a_budget_that_is_foretold_to_pass_does() {
    var gate = new Gate("flops", GateRule.PERCENT_MAX_DEGRADATION, -25.0);
    espalier.applyPolicy("as-foretold", TestReader.spec("73%"), List.of(gate));

    espalier.registerReader("as-foretold");

    assertThat(metric(pruned("as-foretold"), "flops").getAfter()).isEqualTo(2 * 48 * 16_448.0);
  }

  @Test
  void a_model_that_is_registered_five_times_is_pruned_once() {
    espalier.applyPolicy("five-times", "70%", 32);

    IntStream.range(0, 5)
        .forEach(time -> espalier.register("five-times", "1", TestModel.small(), Optional.empty()));
    espalier.register("five-times", "2", TestModel.small(), Optional.empty());

    // Version 2 was registered last, on the same partition: when it is done, the others are, too.
    try (var pruned = espalier.read(espalier.topics().prunedModel());
        var runs = espalier.read(espalier.topics().runs())) {
      pruned.await(
          PATIENCE,
          event ->
              event.getModelName().equals("five-times") && event.getModelVersion().equals("2"));
      assertThat(pruned.all().stream().filter(e -> e.getModelName().equals("five-times")))
          .extracting(PrunedModel::getModelVersion)
          .containsExactlyInAnyOrder("1", "2");
      assertThat(
              runs.all().stream()
                  .filter(run -> run.getModelName().equals("five-times"))
                  .map(Run::getRunId)
                  .collect(Collectors.toSet()))
          .hasSize(2);
    }
  }

  @Test
  void a_poison_event_goes_to_the_dead_letters_and_the_next_one_is_processed() {
    espalier.applyPolicy("after-poison", "60%", 32);
    byte[] poison = "this is no Avro".getBytes(UTF_8);

    espalier.send(
        new ProducerRecord<>(espalier.topics().modelRegistered().name(), "after-poison", poison));
    espalier.register("after-poison", "1", TestModel.small(), Optional.empty());

    assertThat(pruned("after-poison").getModelVersion()).isEqualTo("1");
    try (var letters = espalier.readDeadLetters()) {
      var letter =
          letters.await(PATIENCE, value -> new String(value, UTF_8).equals("this is no Avro"));
      List<String> headers = List.of(letter.headers().toArray()).stream().map(Header::key).toList();
      assertThat(headers)
          .contains(
              "__streams.errors.exception", "__streams.errors.topic", "__streams.errors.offset");
    }
  }

  @Test
  void a_model_whose_content_is_not_what_was_registered_is_rejected() {
    espalier.applyPolicy("tampered", "60%", 32);

    espalier.register("tampered", "1", TestModel.small(), Optional.of("0".repeat(64)));

    ModelRejected rejected = rejected("tampered");
    assertThat(rejected.getReason()).isEqualTo(RejectionReason.INVALID);
    assertThat(rejected.getMessage())
        .contains("0".repeat(64), Manifest.of(TestModel.small()).rootDigest());
  }

  @Test
  void a_budget_that_no_model_meets_is_rejected_with_the_smallest_reachable_value() {
    espalier.applyPolicy("too-small", "1%", 32);

    espalier.register("too-small", "1", TestModel.small(), Optional.empty());

    ModelRejected rejected = rejected("too-small");
    assertThat(rejected.getReason()).isEqualTo(RejectionReason.INFEASIBLE);
    assertThat(rejected.getMessage()).contains("flops").containsPattern("smallest.*\\d");
  }

  @Test
  void a_model_that_answers_questions_is_pruned_by_gradients_and_says_what_it_lost() {
    var gate = new Gate("f1", GateRule.MAX_DEGRADATION, 0.5);
    espalier.applyPolicy("reader", TestReader.spec("70%"), List.of(gate));

    espalier.registerReader("reader");

    PrunedModel pruned = pruned("reader");
    Metric f1 = metric(pruned, "f1");
    assertThat(f1.getBefore()).as("F1 of a model that knows its questions by heart").isEqualTo(1);
    assertThat(f1.getAfter()).isBetween(0.5, 1.0);
    assertThat(metric(pruned, "exactMatch").getBefore()).isEqualTo(1);
    assertThat(metric(pruned, "loss").getAfter()).isNotNull();
    assertThat(pruned.getGates())
        .singleElement()
        .satisfies(result -> assertThat(result.getGate()).isEqualTo(gate))
        .satisfies(
            result -> assertThat(result.getMeasured()).isEqualTo(f1.getBefore() - f1.getAfter()))
        .satisfies(result -> assertThat(result.getPassed()).isTrue());
    assertThat(pruned.getLoadsIn()).containsExactly("espalier", "safetensors", "transformers");
    assertThat(pruned.getTask()).isEqualTo("question-answering");
    Path artifact = Path.of(URI.create(pruned.getArtifact().getUri()));
    assertThat(Manifest.of(artifact).rootDigest()).isEqualTo(pruned.getArtifact().getRootDigest());
    assertThat(artifact.toFile().list()).contains("tokenizer.json", "espalier.json");
    double whole = TestReader.flops(TestReader.trained());
    assertThat(metric(pruned, "flops").getBefore()).isEqualTo(whole);
    assertThat(metric(pruned, "flops").getAfter())
        .isEqualTo((double) TestReader.flops(artifact))
        .isLessThanOrEqualTo(0.7 * whole);
    TextModel.of(ModelDirectory.open(artifact)); // widths and config agree
  }

  @Test
  void a_budget_that_no_model_of_questions_meets_is_rejected_before_gradients_are_measured() {
    espalier.applyPolicy("dull-reader", TestReader.spec("1%"), List.of());

    espalier.registerReader("dull-reader");

    ModelRejected rejected = rejected("dull-reader");
    assertThat(rejected.getReason()).isEqualTo(RejectionReason.INFEASIBLE);
    assertThat(rejected.getMessage()).contains("flops").containsPattern("smallest.*\\d");
    requireNoWork(rejected.getRunId());
  }

  @Test
  void a_model_that_continues_text_is_pruned_by_activity_to_sizes_that_any_loader_opens() {
    var gate = new Gate("flopsPerToken", GateRule.PERCENT_MAX_DEGRADATION, 0.0);
    espalier.applyPolicy("teller", TestTeller.spec("70%"), List.of(gate));

    espalier.registerTeller("teller");

    PrunedModel pruned = pruned("teller");
    Metric parameters = metric(pruned, "parameters");
    Path artifact = Path.of(URI.create(pruned.getArtifact().getUri()));
    assertThat(parameters.getBefore())
        .isEqualTo((double) TestTeller.parameters(TestTeller.drawn()));
    assertThat(parameters.getAfter())
        .isEqualTo((double) TestTeller.parameters(artifact))
        .isBetween(0.6 * parameters.getBefore(), 0.7 * parameters.getBefore());
    Metric loss = metric(pruned, "loss");
    assertThat(metric(pruned, "perplexity").getAfter())
        .isCloseTo(Math.exp(loss.getAfter()), withinPercentage(1e-9));
    assertThat(pruned.getGates())
        .singleElement()
        .satisfies(result -> assertThat(result.getPassed()).isTrue());
    assertThat(pruned.getTask()).isEqualTo("text-generation");
    assertThat(pruned.getLoadsIn()).contains("espalier", "transformers");
    assertThat(Manifest.of(artifact).rootDigest()).isEqualTo(pruned.getArtifact().getRootDigest());
    assertThat(artifact.toFile().list())
        .contains("tokenizer.json", "espalier.json", "report.html", "report.json");
    TextModel.of(ModelDirectory.open(artifact)); // sizes and config agree
  }

  @Test
  void sizes_that_no_candidate_reaches_are_rejected_before_any_unit_is_heard() {
    espalier.applyPolicy("mute-teller", TestTeller.spec("1%"), List.of());

    espalier.registerTeller("mute-teller");

    ModelRejected rejected = rejected("mute-teller");
    assertThat(rejected.getReason()).isEqualTo(RejectionReason.INFEASIBLE);
    assertThat(rejected.getMessage())
        .containsPattern("constraint parameters: 1% allows at most [\\d,]+ parameters")
        .containsPattern(
            "the smallest candidate \\(hidden \\d+, neurons \\d+, heads \\d+, .*\\) has");
    requireNoWork(rejected.getRunId());
  }

  /** A run that ended before anything was computed. */
  private static void requireNoWork(String runId) {
    try (var events = espalier.read(espalier.topics().stageEvents())) {
      assertThat(events.all())
          .filteredOn(event -> event.getRunId().equals(runId))
          .extracting(StageEvent::getDetail)
          .hasAtLeastOneElementOfType(StageFailed.class)
          .allMatch(
              detail ->
                  !(detail instanceof StageProgressed at) || at.getPhase().equals("starting"));
    }
  }

  @Test
  void a_run_that_is_cancelled_stops_its_worker_and_ends_as_cancelled() {
    espalier.applyPolicy("cancelled", "60%", 512);
    espalier.register("cancelled", "1", TestModel.large(), Optional.empty());
    String runId = runOf("cancelled").getRunId();
    awaitStage(runId, StageProgressed.class);

    var cancel = new RunRequest(runId, "test", Instant.now(), new CancelRun("too slow"));
    espalier.publish(espalier.topics().runRequests(), runId, cancel, CloudEvent.RUN_REQUESTED);

    ModelRejected rejected = rejected("cancelled");
    assertThat(rejected.getReason()).isEqualTo(RejectionReason.CANCELLED);
    assertThat(rejected.getMessage()).contains("too slow");
    var failed = (StageFailed) awaitStage(runId, StageFailed.class).getDetail();
    assertThat(failed.getKind()).isEqualTo(FailureKind.CANCELLED);
  }

  @Test
  void a_directory_that_is_no_model_is_rejected_with_the_reason() {
    espalier.applyPolicy("no-model", "60%", 32);

    espalier.register("no-model", "1", TestModel.data(), Optional.empty());

    ModelRejected rejected = rejected("no-model");
    assertThat(rejected.getReason()).isEqualTo(RejectionReason.INVALID);
    assertThat(rejected.getMessage()).contains("config.json");
  }

  @Test
  void an_incompatible_schema_is_refused_by_the_registry() throws Exception {
    SchemaRegistryClient client = SchemaRegistry.at(Backbone.shared().registryUrl()).client();
    String subject = espalier.topics().prunedModel().subject();
    int versions = client.getAllVersions(subject).size();
    var broken =
        new AvroSchema(
            """
            {"type":"record","name":"PrunedModel","namespace":"io.espalier.event",
             "fields":[{"name":"mandatory","type":"long"}]}\
            """);

    assertThatThrownBy(() -> client.register(subject, broken))
        .isInstanceOf(RestClientException.class);

    assertThat(client.getAllVersions(subject)).hasSize(versions);
  }

  private static JsonNode identity(URI report) throws IOException {
    return new ObjectMapper().readTree(Path.of(report).toFile()).path("identity");
  }

  private static PrunedModel pruned(String model) {
    try (var log = espalier.read(espalier.topics().prunedModel())) {
      return log.await(PATIENCE, event -> event.getModelName().equals(model)).value();
    }
  }

  private static ModelRejected rejected(String model) {
    try (var log = espalier.read(espalier.topics().modelRejected())) {
      return log.await(PATIENCE, event -> event.getModelName().equals(model)).value();
    }
  }

  private static Run runOf(String model) {
    try (var runs = espalier.read(espalier.topics().runs())) {
      return runs.await(PATIENCE, run -> run.getModelName().equals(model)).value();
    }
  }

  private static StageEvent awaitStage(String runId, Class<?> detail) {
    try (var events = espalier.read(espalier.topics().stageEvents())) {
      return events
          .await(
              PATIENCE,
              event -> event.getRunId().equals(runId) && detail.isInstance(event.getDetail()))
          .value();
    }
  }

  private static Run finalRun(String runId) {
    try (var runs = espalier.read(espalier.topics().runs())) {
      return runs.await(
              PATIENCE, run -> run.getRunId().equals(runId) && run.getState() == RunState.PUBLISHED)
          .value();
    }
  }

  private static Metric metric(PrunedModel pruned, String name) {
    return pruned.getMetrics().stream()
        .filter(metric -> metric.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }
}
