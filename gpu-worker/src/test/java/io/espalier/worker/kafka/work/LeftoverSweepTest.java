package io.espalier.worker.kafka.work;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.Artifact;
import io.espalier.event.StageCost;
import io.espalier.event.StageReport;
import io.espalier.event.StageSucceeded;
import io.espalier.worker.checkpoint.store.StoreMarker;
import io.espalier.worker.domain.StopCheck;
import io.espalier.worker.stage.job.WorkerHome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumWriter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LeftoverSweepTest {
  private static final Instant NOW = Instant.parse("2026-01-10T00:00:00Z");
  private static final Instant LONG_AGO = NOW.minus(LeftoverSweep.OLD).minusSeconds(60);

  @TempDir Path folder;
  private Path store;
  private WorkerHome home;

  @BeforeEach
  void a_store_that_was_published_to() {
    store = folder.resolve("store");
    StoreMarker.write(store.toUri());
    home = WorkerHome.open(folder.resolve("work"), "gpu");
    at(NOW).remember(store);
  }

  @AfterEach
  void end() {
    home.close();
  }

  @Test
  void half_of_an_artifact_goes_when_it_is_a_day_old() throws IOException {
    Path half = old("resnet/run-0/stage-0/.incoming-attempt-1-x");
    Path young = Files.createDirectories(store.resolve("resnet/run-9/stage-0/.incoming-1"));

    at(NOW).sweep(StopCheck.NEVER);

    assertThat(half).doesNotExist();
    assertThat(young).exists();
  }

  @Test
  void an_artifact_goes_when_the_result_of_its_attempt_names_another() throws IOException {
    Path winner = old("run/attempt-1-aaaaaaaaaaaa");
    Path loser = old("run/attempt-1-bbbbbbbbbbbb");
    Path undecided = old("run/attempt-2-bbbbbbbbbbbb");
    result(store.resolve("run/attempt-1-result"), "file:///seen/elsewhere/attempt-1-aaaaaaaaaaaa/");

    at(NOW).sweep(StopCheck.NEVER);

    assertThat(winner).exists();
    assertThat(loser).doesNotExist();
    assertThat(undecided).exists();
  }

  @Test
  void a_store_is_swept_once_a_day() throws IOException {
    at(NOW).sweep(StopCheck.NEVER);
    Path half = old("run/.incoming-attempt-1-x");

    at(NOW.plus(Duration.ofHours(23))).sweep(StopCheck.NEVER);
    assertThat(half).exists();

    at(NOW.plus(Duration.ofHours(25))).sweep(StopCheck.NEVER);
    assertThat(half).doesNotExist();
  }

  @Test
  void one_of_the_workers_of_a_work_directory_sweeps() throws IOException {
    Path half = old("run/.incoming-attempt-1-x");

    try (var other = home.sweeping().orElseThrow()) {
      at(NOW).sweep(StopCheck.NEVER);
    }
    assertThat(half).exists();

    at(NOW).sweep(StopCheck.NEVER);
    assertThat(half).doesNotExist();
  }

  @Test
  void a_store_that_is_not_mounted_is_left_for_later() throws IOException {
    Files.delete(store.resolve(StoreMarker.NAME));
    Path half = old("run/.incoming-attempt-1-x");

    at(NOW).sweep(StopCheck.NEVER);

    assertThat(half).exists();
  }

  private LeftoverSweep at(Instant now) {
    return new LeftoverSweep(home, Clock.fixed(now, ZoneOffset.UTC));
  }

  private Path old(String name) throws IOException {
    Path directory = Files.createDirectories(store.resolve(name));
    Files.setLastModifiedTime(directory, FileTime.from(LONG_AGO));
    return directory;
  }

  private static void result(Path directory, String uri) throws IOException {
    var report =
        new StageReport(
            "a", "1", Map.of(), List.of(), List.of(), new StageCost(1L, "cpu", null, false), null);
    var success = new StageSucceeded(new Artifact(uri, "", 0L, List.of(), 0, null), report);
    Files.createDirectories(directory);
    try (var out = Files.newOutputStream(directory.resolve("result.json"))) {
      var encoder = EncoderFactory.get().jsonEncoder(StageSucceeded.getClassSchema(), out);
      new SpecificDatumWriter<>(StageSucceeded.class).write(success, encoder);
      encoder.flush();
    }
  }
}
