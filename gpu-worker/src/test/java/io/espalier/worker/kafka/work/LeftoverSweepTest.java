package io.espalier.worker.kafka.work;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.Artifact;
import io.espalier.event.StageCost;
import io.espalier.event.StageReport;
import io.espalier.event.StageSucceeded;
import io.espalier.fact.ChangeFacts;
import io.espalier.schemas.FactsMapping;
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
  void what_a_later_stage_was_made_of_goes_when_the_store_keeps_it_no_longer() throws IOException {
    Path first = made("net/run/stage-0/attempt-1-aaaaaaaaaaaa", 50);
    Path second = made("net/run/stage-1/attempt-1-bbbbbbbbbbbb", 45);
    Path last = made("net/run/stage-2/attempt-1-cccccccccccc", 40);
    result("net/run/stage-0/attempt-1-result", first, 50);
    result("net/run/stage-1/attempt-1-result", second, 45);
    result("net/run/stage-2/attempt-1-result", last, 31);

    at(NOW.minus(Duration.ofDays(2))).sweep(StopCheck.NEVER);
    assertThat(first).exists();

    at(NOW).sweep(StopCheck.NEVER);
    assertThat(first).doesNotExist();
    assertThat(second).doesNotExist();
    assertThat(last).exists();
    assertThat(first.resolveSibling("attempt-1-result")).exists();
  }

  @Test
  void what_the_last_finished_stage_made_or_handed_on_stays() throws IOException {
    Path underWay = made("net/one/stage-0/attempt-1-aaaaaaaaaaaa", 50);
    result("net/one/stage-0/attempt-1-result", underWay, 50);
    Path judged = made("net/two/stage-0/attempt-1-aaaaaaaaaaaa", 50);
    result("net/two/stage-0/attempt-1-result", judged, 50);
    result("net/two/stage-1/attempt-1-result", judged, 40);

    at(NOW).sweep(StopCheck.NEVER);

    assertThat(underWay).exists();
    assertThat(judged).exists();
  }

  @Test
  void what_a_run_that_was_opened_again_has_made_stays_while_its_next_stage_is_not_done()
      throws IOException {
    Path before = made("net/run/stage-0/attempt-1-aaaaaaaaaaaa", 90);
    Path after = made("net/run/stage-0/attempt-3-dddddddddddd", 35);
    Path last = made("net/run/stage-1/attempt-1-bbbbbbbbbbbb", 80);
    result("net/run/stage-1/attempt-1-result", last, 80);

    at(NOW).sweep(StopCheck.NEVER);

    assertThat(before).doesNotExist();
    assertThat(after).exists();
  }

  @Test
  void nothing_goes_that_is_marked_or_lies_in_a_store_that_keeps_all_or_whose_result_is_broken()
      throws IOException {
    Path marked = made("net/one/stage-0/attempt-1-aaaaaaaaaaaa", 90);
    Files.writeString(marked.resolveSibling(IntermediateArtifacts.KEEP), "");
    result("net/one/stage-1/attempt-1-result", store.resolve("elsewhere"), 80);
    Path unclear = made("net/two/stage-0/attempt-1-aaaaaaaaaaaa", 90);
    result("net/two/stage-1/attempt-1-result", store.resolve("elsewhere"), 80);
    Files.createDirectories(store.resolve("net/two/stage-1/attempt-2-result"));
    Path kept = made("net/three/stage-0/attempt-1-aaaaaaaaaaaa", 90);
    result("net/three/stage-1/attempt-1-result", store.resolve("elsewhere"), 80);
    Path marker = store.resolve(StoreMarker.NAME);
    String text = Files.readString(marker);
    Files.writeString(marker, "A store of an older version.\n");

    at(NOW.minus(Duration.ofDays(2))).sweep(StopCheck.NEVER);
    assertThat(kept).exists();

    Files.writeString(marker, text);
    at(NOW).sweep(StopCheck.NEVER);
    assertThat(kept).doesNotExist();
    assertThat(marked).exists();
    assertThat(unclear).exists();
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
  void a_note_that_was_cut_off_is_written_anew_with_the_next_publication() throws IOException {
    Path half = old("run/.incoming-attempt-1-x");
    try (var notes = Files.list(home.stores())) {
      Files.writeString(notes.findFirst().orElseThrow(), "");
    }

    at(NOW).sweep(StopCheck.NEVER);
    assertThat(half).exists();

    at(NOW).remember(store);
    at(NOW).sweep(StopCheck.NEVER);
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

  /** An artifact of some days ago. */
  private Path made(String name, int days) throws IOException {
    Path directory = Files.createDirectories(store.resolve(name));
    Path file = Files.writeString(directory.resolve("config.json"), "{}");
    for (Path path : List.of(file, directory)) {
      age(path, days);
    }
    return directory;
  }

  private void result(String name, Path output, int days) throws IOException {
    Path directory = store.resolve(name);
    result(directory, output.toUri().toString());
    age(directory, days);
  }

  private static void age(Path path, int days) throws IOException {
    Files.setLastModifiedTime(path, FileTime.from(NOW.minus(Duration.ofDays(days))));
  }

  private Path old(String name) throws IOException {
    Path directory = Files.createDirectories(store.resolve(name));
    Files.setLastModifiedTime(directory, FileTime.from(LONG_AGO));
    return directory;
  }

  private static void result(Path directory, String uri) throws IOException {
    var report =
        new StageReport(
            "a",
            "1",
            Map.of(),
            List.of(),
            List.of(),
            new StageCost(1L, "cpu", null, false),
            null,
            FactsMapping.toAvro(ChangeFacts.NONE));
    var success = new StageSucceeded(new Artifact(uri, "", null, 0L, List.of(), 0, null), report);
    Files.createDirectories(directory);
    try (var out = Files.newOutputStream(directory.resolve("result.json"))) {
      var encoder = EncoderFactory.get().jsonEncoder(StageSucceeded.getClassSchema(), out);
      new SpecificDatumWriter<>(StageSucceeded.class).write(success, encoder);
      encoder.flush();
    }
  }
}
