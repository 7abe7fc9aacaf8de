package io.espalier.worker.kafka.work;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.event.ArtifactReference;
import io.espalier.event.StageCommand;
import io.espalier.event.StageKind;
import io.espalier.event.StageSucceeded;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.checkpoint.file.FileListing;
import io.espalier.worker.checkpoint.store.InputRoots;
import io.espalier.worker.checkpoint.store.StoreMarker;
import io.espalier.worker.checkpoint.store.StoreUnavailableException;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.kafka.StageCommands;
import io.espalier.worker.stage.Stop;
import io.espalier.worker.stage.StoppedException;
import io.espalier.worker.stage.TestStageProcess;
import io.espalier.worker.stage.job.ChildJvm;
import io.espalier.worker.stage.job.ChildSettings;
import io.espalier.worker.stage.job.DiskSpace;
import io.espalier.worker.stage.job.StageCache;
import io.espalier.worker.stage.job.WorkerHome;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StageRunnerTest {
  private static final FileListing.Limits LIMITS = FileListing.Limits.STANDARD;

  @TempDir Path folder;

  private final Stop stop = new Stop();
  private WorkerHome home;
  private StageRunner runner;

  @BeforeEach
  void a_worker_and_a_model() throws IOException {
    Files.createDirectories(folder.resolve("input"));
    Files.writeString(folder.resolve("input/config.json"), "model ");
    StoreMarker.write(folder.resolve("store").toUri());
    home = WorkerHome.open(folder.resolve("work"), "gpu");
    runner = runner(new DiskSpace());
  }

  private StageRunner runner(DiskSpace space) {
    var child =
        new ChildJvm(
            ChildSettings.of(64, 1)
                .withMainClass(TestStageProcess.class.getName())
                .withOptions(List.of("-XX:TieredStopAtLevel=1")));
    return new StageRunner(
        home,
        new InputRules(InputRoots.of(List.of(folder.resolve("input"))), LIMITS),
        new SlotEquipment(child, TestStageProcess.stages(), "test, 1 thread"),
        space);
  }

  @AfterEach
  void end() {
    home.close();
  }

  @Test
  void what_is_prepared_publishes_nothing_until_it_is_performed() {
    try (PreparedStage prepared = runner.prepare(command().build(), stop)) {
      assertThat(prepared.stored()).isEmpty();
      assertThat(prepared.child()).isPresent();
      assertThat(folder.resolve("store/run-1")).doesNotExist();

      StageSucceeded success = runner.perform(prepared, Progress.Listener.NONE, stop);

      assertThat(published(success).resolve("config.json")).hasContent("model pruned 7");
    }
    assertThat(home.jobs()).isEmptyDirectory();
  }

  @Test
  void what_is_prepared_and_given_up_leaves_nothing_behind() {
    PreparedStage prepared = runner.prepare(command().build(), stop);

    prepared.close();

    assertThat(home.jobs()).isEmptyDirectory();
    assertThat(folder.resolve("store/run-1")).doesNotExist();
  }

  @Test
  void a_stored_result_needs_no_process() {
    perform(command().build());

    try (PreparedStage again = runner.prepare(elsewhere(), stop)) {
      assertThat(again.stored()).isPresent();
      assertThat(again.child()).isEmpty();
      StageSucceeded success = runner.perform(again, Progress.Listener.NONE, stop);
      assertThat(success.getReport().getCost().getCached()).isTrue();
    }
  }

  @Test
  void a_result_that_was_stored_after_the_preparation_is_used() {
    try (PreparedStage early = runner.prepare(elsewhere(), stop)) {
      StageSucceeded first = perform(command().build());

      StageSucceeded second = runner.perform(early, Progress.Listener.NONE, stop);

      assertThat(second.getReport().getCost().getCached()).isTrue();
      assertThat(second.getOutput().getRootDigest()).isEqualTo(first.getOutput().getRootDigest());
    }
  }

  @Test
  void a_report_says_which_run_it_is_of_and_that_of_a_result_used_again_says_its_own()
      throws IOException {
    String spec = "{\"with\":\"report\"}";
    StageSucceeded first =
        perform(command().setSpec(spec).setPolicyName("edge").setPolicyGeneration(4).build());
    byte[] published = Files.readAllBytes(published(first).resolve("report.json"));

    StageSucceeded again =
        perform(
            StageCommand.newBuilder(elsewhere()).setSpec(spec).setModelName("other/name").build());

    JsonNode one = new ObjectMapper().readTree(published).path("identity");
    assertThat(one.at("/model/name").asText()).isEqualTo("resnet");
    assertThat(one.at("/model/version").asText()).isEqualTo("1");
    assertThat(one.at("/policy/name").asText()).isEqualTo("edge");
    assertThat(one.at("/policy/generation").asLong()).isEqualTo(4);
    assertThat(one.at("/run").asText()).isEqualTo("run-1");
    assertThat(one.at("/rootDigest").asText()).isEqualTo(first.getOutput().getRootDigest());
    assertThat(Instant.parse(one.at("/made").asText())).isBefore(Instant.now());
    assertThat(again.getReport().getCost().getCached()).isTrue();
    JsonNode other =
        new ObjectMapper()
            .readTree(published(again).resolve("report.json").toFile())
            .path("identity");
    assertThat(other.at("/model/name").asText()).isEqualTo("other/name");
    assertThat(other.at("/run").asText()).isEqualTo("run-2");
    assertThat(other.has("policy")).as("a command of an older coordinator").isFalse();
    assertThat(published(first).resolve("report.json")).hasBinaryContent(published);
    assertThat(again.getOutput().getRootDigest()).isEqualTo(first.getOutput().getRootDigest());
  }

  @Test
  void a_stop_before_it_is_prepared_prepares_nothing() {
    stop.request(Stop.Reason.CANCELLED, "not wanted");

    assertThatThrownBy(() -> runner.prepare(command().build(), stop))
        .isInstanceOf(StoppedException.class);
    assertThat(home.jobs()).doesNotExist();
  }

  @Test
  void a_model_that_is_not_there_may_be_there_for_another_worker() {
    var missing =
        new ArtifactReference(folder.resolve("input/gone").toUri().toString(), null, null);

    assertThatThrownBy(() -> runner.prepare(command().setInput(missing).build(), stop))
        .isInstanceOf(ResourceException.class)
        .hasMessageContaining("input.uri");
    assertThat(home.jobs()).isEmptyDirectory();
  }

  @Test
  void data_that_are_not_there_may_be_there_for_another_worker() {
    var data = Map.of("train", folder.resolve("input/gone.csv").toUri().toString());

    assertThatThrownBy(() -> runner.prepare(command().setData(data).build(), stop))
        .isInstanceOf(ResourceException.class)
        .hasMessageContaining("data.train");
  }

  @Test
  void a_model_with_another_digest_is_invalid() {
    var other = new ArtifactReference(command().getInput().getUri(), "0".repeat(64), null);

    assertThatThrownBy(() -> runner.prepare(command().setInput(other).build(), stop))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("wanted root digest");
  }

  @Test
  void a_model_whose_files_were_renamed_in_their_order_is_invalid() throws IOException {
    Path input = folder.resolve("input");
    Files.writeString(input.resolve("adapter_config.json"), "evil");
    Manifest registered = Manifest.of(input);
    var pinned =
        new ArtifactReference(
            input.toUri().toString(), registered.rootDigest(), registered.listingDigest());
    runner.prepare(command().setInput(pinned).build(), stop).close();
    Files.move(input.resolve("config.json"), input.resolve("config2.json"));
    Files.move(input.resolve("adapter_config.json"), input.resolve("config.json"));
    assertThat(Manifest.of(input).rootDigest()).isEqualTo(registered.rootDigest());

    assertThatThrownBy(() -> runner.prepare(command().setInput(pinned).build(), stop))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("wanted listing digest")
        .hasMessageContaining("renamed");

    var older = new ArtifactReference(pinned.getUri(), pinned.getRootDigest(), null);
    runner.prepare(command().setInput(older).build(), stop).close();
  }

  @Test
  void a_reference_whose_files_were_renamed_in_their_order_is_invalid() throws IOException {
    Path teacher = Files.createDirectories(folder.resolve("input/teacher"));
    Files.writeString(teacher.resolve("a"), "one");
    Files.writeString(teacher.resolve("b"), "two");
    Manifest registered = Manifest.of(teacher);
    var pinned =
        new ArtifactReference(
            teacher.toUri().toString(), registered.rootDigest(), registered.listingDigest());
    Files.move(teacher.resolve("b"), teacher.resolve("c"));

    assertThatThrownBy(
            () -> runner.prepare(command().setReferences(Map.of("teacher", pinned)).build(), stop))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("wanted listing digest");
  }

  @Test
  void nothing_outside_of_the_allowed_directories_is_read_or_written() throws IOException {
    Path secret = Files.createDirectories(folder.resolve("secret"));
    Files.writeString(secret.resolve("config.json"), "secret");
    Files.createSymbolicLink(folder.resolve("input/link.json"), secret.resolve("config.json"));
    String outside = secret.toUri().toString();

    assertThatThrownBy(
            () ->
                runner.prepare(
                    command().setInput(new ArtifactReference(outside, null, null)).build(), stop))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("input.uri")
        .hasMessageContaining("--allow-root");
    assertThatThrownBy(
            () -> runner.prepare(command().setData(Map.of("train", outside)).build(), stop))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("data.train");
    assertThatThrownBy(() -> runner.prepare(command().build(), stop))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("link.json");
    assertThatThrownBy(() -> runner.prepare(command().setOutputUri(outside).build(), stop))
        .isInstanceOf(StoreUnavailableException.class);
    assertThatThrownBy(() -> runner.finished(command().setOutputUri(outside).build(), stop))
        .isInstanceOf(StoreUnavailableException.class);
  }

  @Test
  void a_store_that_is_full_is_noticed_before_any_work() {
    var full = runner(new DiskSpace(path -> path.equals(folder.resolve("store")) ? 5 : 1L << 40));

    assertThatThrownBy(() -> full.prepare(command().build(), stop))
        .isInstanceOf(ResourceException.class)
        .hasMessageContaining("store")
        .hasMessageContaining("wanted 6 bytes")
        .hasMessageContaining("5 are free");
    assertThat(home.jobs()).isEmptyDirectory();
  }

  @Test
  void what_was_made_of_an_input_that_changed_meanwhile_is_neither_published_nor_remembered()
      throws IOException {
    StageCommand command = command().build();
    try (PreparedStage prepared = runner.prepare(command, stop)) {
      Files.writeString(folder.resolve("input/config.json"), "other ");

      assertThatThrownBy(() -> runner.perform(prepared, Progress.Listener.NONE, stop))
          .isInstanceOf(ResourceException.class)
          .hasMessageContaining("changed while it was in use");
      assertThat(folder.resolve("store/run-1")).doesNotExist();
      assertThat(new StageCache(home.cache()).find(prepared.subject().key())).isEmpty();
    }
  }

  @Test
  void data_that_change_meanwhile_spoil_the_result_as_well() throws IOException {
    Path train = Files.writeString(folder.resolve("input/train.csv"), "1,2");
    StageCommand command = command().setData(Map.of("train", train.toUri().toString())).build();
    try (PreparedStage prepared = runner.prepare(command, stop)) {
      Files.writeString(train, "1,2,3");

      assertThatThrownBy(() -> runner.perform(prepared, Progress.Listener.NONE, stop))
          .isInstanceOf(ResourceException.class)
          .hasMessageContaining("changed while it was in use");
    }
  }

  @Test
  void the_files_of_a_large_artifact_are_listed_beside_the_result() throws IOException {
    for (int i = 0; i < 1001; i++) {
      Files.writeString(folder.resolve("input/part-%04d".formatted(i)), "");
    }

    StageSucceeded success =
        perform(command().setKind(StageKind.EVALUATE).setStageCount(2).build());

    assertThat(success.getOutput().getFiles()).isEmpty();
    assertThat(success.getOutput().getFileCount()).isEqualTo(1002);
    Path list = Path.of(URI.create(success.getOutput().getManifestUri()));
    assertThat(list).isEqualTo(folder.resolve("store/run-1/attempt-1-result/manifest.json"));
    var files = new ObjectMapper().readTree(list.toFile()).required("files");
    assertThat(files).hasSize(1002);
    assertThat(files.get(1).toString()) // SHA-256 of nothing
        .isEqualTo(
            "{\"path\":\"part-0000\",\"bytes\":0,\"sha256\":\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}");
    assertThat(runner.finished(command().build(), stop)).contains(success);
  }

  @Test
  void a_run_that_leaves_its_model_as_it_is_publishes_a_copy_that_nobody_changes()
      throws IOException {
    StageSucceeded success = perform(command().setKind(StageKind.EVALUATE).build());

    Files.writeString(folder.resolve("input/config.json"), "other ");

    assertThat(published(success).getParent()).isEqualTo(folder.resolve("store/run-1"));
    assertThat(published(success).resolve("config.json")).hasContent("model ");
    assertThat(Manifest.of(published(success)).rootDigest())
        .isEqualTo(success.getOutput().getRootDigest());
  }

  @Test
  void what_is_published_counts_although_the_work_directory_takes_no_note_of_it()
      throws IOException {
    Files.writeString(home.cache(), "no directory, as on a disk that is full");

    StageSucceeded success = perform(command().build());

    assertThat(published(success).resolve("config.json")).hasContent("model pruned 7");
    assertThat(home.jobs()).isEmptyDirectory();
  }

  @Test
  void a_stage_hands_on_what_lies_in_a_store_or_goes_to_the_next_stage() {
    String made = perform(command().build()).getOutput().getUri();
    StageCommand last = command().setKind(StageKind.EVALUATE).build();

    StageSucceeded ofStored =
        perform(StageCommand.newBuilder(last).setAttempt(2).setInput(model(made)).build());
    StageSucceeded ofFirst =
        perform(StageCommand.newBuilder(last).setAttempt(3).setStageCount(2).build());

    assertThat(ofStored.getOutput().getUri()).isEqualTo(made);
    assertThat(ofFirst.getOutput().getUri()).isEqualTo(last.getInput().getUri());
  }

  @Test
  void what_an_intermediate_stage_made_is_kept_once_it_is_registered() {
    StageCommand first =
        command().setOutputUri(folder.resolve("store/run-1/stage-0").toUri().toString()).build();
    String made = perform(first).getOutput().getUri();
    Path mark = folder.resolve("store/run-1/stage-0").resolve(IntermediateArtifacts.KEEP);

    perform(StageCommand.newBuilder(elsewhere()).setStageIndex(1).setInput(model(made)).build());
    assertThat(mark).doesNotExist();

    perform(StageCommand.newBuilder(elsewhere()).setAttempt(2).setInput(model(made)).build());
    assertThat(mark).exists();
  }

  @Test
  void two_workers_never_work_with_the_same_checkpoints() {
    try (var other = home.resume("run-1/0", new Stop());
        PreparedStage prepared = runner.prepare(command().build(), stop)) {
      var working =
          CompletableFuture.runAsync(() -> runner.perform(prepared, Progress.Listener.NONE, stop));
      await().during(Duration.ofMillis(300)).until(() -> !working.isDone());

      stop.request(Stop.Reason.LEASE_LOST, "gone");

      assertThatThrownBy(working::join).hasCauseInstanceOf(StoppedException.class);
    }
    assertThat(folder.resolve("store/run-1")).doesNotExist();
  }

  private StageSucceeded perform(StageCommand command) {
    try (PreparedStage prepared = runner.prepare(command, stop)) {
      return runner.perform(prepared, Progress.Listener.NONE, stop);
    }
  }

  private static ArtifactReference model(String uri) {
    return new ArtifactReference(uri, null, null);
  }

  private StageCommand.Builder command() {
    return StageCommands.in(folder);
  }

  private StageCommand elsewhere() {
    return command()
        .setRunId("run-2")
        .setResumeKey("run-2/0")
        .setOutputUri(folder.resolve("store/run-2").toUri().toString())
        .build();
  }

  private static Path published(StageSucceeded success) {
    return Path.of(URI.create(success.getOutput().getUri()));
  }
}
