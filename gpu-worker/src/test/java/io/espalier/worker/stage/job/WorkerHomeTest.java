package io.espalier.worker.stage.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.stage.HomeHolder;
import io.espalier.worker.stage.Stop;
import io.espalier.worker.stage.StoppedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WorkerHomeTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path folder;

  @Test
  void a_worker_that_starts_again_is_the_same_worker() {
    String first = idOfOnce();

    String second = idOfOnce();

    assertThat(first).matches("gpu-[0-9a-f-]{36}");
    assertThat(second).isEqualTo(first);
  }

  @Test
  void workers_at_the_same_time_are_different_ones_with_folders_of_their_own() {
    try (WorkerHome one = WorkerHome.open(folder, "gpu");
        WorkerHome other = WorkerHome.open(folder, "gpu")) {
      assertThat(other.workerId()).isNotEqualTo(one.workerId());
      assertThat(one.jobs()).isEqualTo(folder.resolve("workers/0/jobs"));
      assertThat(other.jobs()).isEqualTo(folder.resolve("workers/1/jobs"));
      assertThat(other.cache()).isEqualTo(one.cache());
      assertThat(other.checkpoints("run-1/0")).isEqualTo(one.checkpoints("run-1/0"));
    }
  }

  @Test
  void the_first_place_that_is_free_is_taken() {
    WorkerHome first = WorkerHome.open(folder, "gpu");
    try (WorkerHome second = WorkerHome.open(folder, "gpu")) {
      first.close();

      try (WorkerHome third = WorkerHome.open(folder, "gpu")) {
        assertThat(third.workerId()).isEqualTo(first.workerId()).isNotEqualTo(second.workerId());
      }
    }
  }

  @Test
  void a_worker_of_another_pool_is_another_worker() {
    String first = idOfOnce();

    try (WorkerHome other = WorkerHome.open(folder, "cpu")) {
      assertThat(other.workerId()).startsWith("cpu-").isNotEqualTo(first);
    }
  }

  @Test
  void a_place_is_taken_while_another_process_lives_and_free_when_it_is_killed() throws Exception {
    Process holder = holder();
    try (WorkerHome beside = WorkerHome.open(folder, "gpu")) {
      assertThat(beside.jobs()).isEqualTo(folder.resolve("workers/1/jobs"));
    }

    holder.destroyForcibly().waitFor();

    try (WorkerHome after = WorkerHome.open(folder, "gpu")) {
      assertThat(after.workerId()).isEqualTo(Files.readString(folder.resolve("held")));
    }
  }

  @Test
  void what_an_earlier_life_was_at_is_cleared_and_what_others_are_at_stays() throws IOException {
    try (WorkerHome other = WorkerHome.open(folder, "gpu")) {
      Path theirs = Files.createDirectories(other.jobs().resolve("job-1"));
      Path dead = Files.createDirectories(folder.resolve("workers/1/jobs/job-7/output"));
      Path kept = Files.createDirectories(other.checkpoints("run-1/0"));

      try (WorkerHome own = WorkerHome.open(folder, "gpu")) {
        assertThat(own.jobs()).doesNotExist();
        assertThat(dead).doesNotExist();
        assertThat(theirs).exists();
        assertThat(kept).exists();
      }
    }
  }

  @Test
  void folders_of_older_versions_go_when_nothing_in_them_has_changed_for_a_week()
      throws IOException {
    Path old = Files.createDirectories(folder.resolve("jobs/gpu-1/job-1"));
    Path young = Files.createDirectories(folder.resolve("jobs/gpu-2/job-1"));
    FileTime longAgo = FileTime.from(Instant.now().minus(WorkerHome.ABANDONED).minusSeconds(60));
    Files.setLastModifiedTime(old, longAgo);
    Files.setLastModifiedTime(old.getParent(), longAgo);

    WorkerHome.open(folder, "gpu").close();

    assertThat(old.getParent()).doesNotExist();
    assertThat(young).exists();
  }

  @Test
  void work_with_the_same_resume_key_waits_for_the_first_to_end() {
    try (WorkerHome one = WorkerHome.open(folder, "gpu");
        WorkerHome other = WorkerHome.open(folder, "gpu")) {
      Stop.Registration first = one.resume("run-1/0", new Stop());
      one.resume("run-1/1", new Stop()).close();

      var second = CompletableFuture.supplyAsync(() -> other.resume("run-1/0", new Stop()));
      await().during(Duration.ofMillis(300)).until(() -> !second.isDone());
      first.close();

      await().atMost(PATIENCE).until(second::isDone);
      second.join().close();
    }
  }

  @Test
  void waiting_for_a_resume_key_ends_when_it_is_asked_to() {
    try (WorkerHome one = WorkerHome.open(folder, "gpu");
        var held = one.resume("run-1/0", new Stop())) {
      var stop = new Stop();
      var second = CompletableFuture.runAsync(() -> one.resume("run-1/0", stop));

      stop.request(Stop.Reason.CANCELLED, "not wanted");

      assertThatThrownBy(second::join).hasCauseInstanceOf(StoppedException.class);
    }
  }

  @Test
  void keys_of_any_length_have_a_folder_that_the_file_system_takes() {
    try (WorkerHome home = WorkerHome.open(folder, "gpu")) {
      assertThat(home.checkpoints("../../etc/0").getParent())
          .isEqualTo(folder.resolve("checkpoints"));
      assertThat(home.checkpoints("a".repeat(500) + "/0").getFileName().toString())
          .hasSizeLessThan(256)
          .isNotEqualTo(home.checkpoints("a".repeat(500) + "/1").getFileName().toString());
    }
  }

  @Test
  void a_work_directory_that_cannot_be_written_is_named() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "no directory");

    assertThatThrownBy(() -> WorkerHome.open(file, "gpu"))
        .isInstanceOf(ResourceException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("must be writable");
  }

  private String idOfOnce() {
    try (WorkerHome home = WorkerHome.open(folder, "gpu")) {
      return home.workerId();
    }
  }

  private Process holder() throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                HomeHolder.class.getName(),
                folder.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("holder.log").toFile())
            .start();
    await().atMost(PATIENCE).until(() -> Files.exists(folder.resolve("held")));
    return process;
  }
}
