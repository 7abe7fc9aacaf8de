package io.espalier.worker.stage.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.espalier.worker.checkpoint.store.InputRoots;
import io.espalier.worker.checkpoint.store.StoreMarker;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SelfCheckTest {
  @TempDir Path folder;

  private Path store;
  private Path root;
  private Path work;

  @BeforeEach
  void everything_that_a_worker_needs() throws IOException {
    store = folder.resolve("store");
    StoreMarker.write(store.toUri());
    root = Files.createDirectories(folder.resolve("models"));
    work = Files.createDirectories(folder.resolve("work"));
  }

  @Test
  void a_worker_that_has_everything_has_no_problem_and_leaves_nothing_behind() throws IOException {
    assertThat(check(1L << 40).problems()).isEmpty();

    assertThat(store).isDirectoryNotContaining("glob:**/.incoming*");
    assertThat(work).isEmptyDirectory();
  }

  @Test
  void a_store_that_is_not_mounted_is_a_problem_and_is_not_made() throws IOException {
    Files.delete(store.resolve(StoreMarker.NAME));
    Files.delete(store);

    assertThat(check(1L << 40).problems())
        .singleElement()
        .asString()
        .startsWith("artifact store: ")
        .contains("mounted", store.toUri().toString());
    assertThat(store).doesNotExist();
  }

  @Test
  void an_input_directory_that_is_not_there_is_a_problem() throws IOException {
    Files.delete(root);

    assertThat(check(1L << 40).problems())
        .singleElement()
        .asString()
        .contains("input directory " + root);
  }

  @Test
  void a_work_directory_that_cannot_be_written_is_a_problem() throws IOException {
    Files.delete(work);
    Files.writeString(work, "a file where a directory should be");

    assertThat(check(1L << 40).problems())
        .singleElement()
        .asString()
        .startsWith("work directory: ");
  }

  @Test
  void too_little_room_is_a_problem_of_both_file_systems() {
    assertThat(check(SelfCheck.LEAST_FREE - 1).problems())
        .hasSize(2)
        .allSatisfy(problem -> assertThat(problem).contains("1073741823 bytes are free"));
    assertThat(check(SelfCheck.LEAST_FREE).problems()).isEmpty();
  }

  @Test
  void every_check_can_be_asked_by_its_name() throws IOException {
    Files.delete(root);
    var checks = check(1L << 40).checks();

    assertThat(checks)
        .containsOnlyKeys("artifact store", "input directory " + root, "work directory");
    assertThat(checks.get("work directory").get()).isEmpty();
    assertThat(checks.get("input directory " + root).get()).isPresent();
  }

  @Test
  void a_file_system_that_hangs_is_a_problem_and_hangs_one_thread_only() {
    var answer = new CountDownLatch(1);
    var asked = new AtomicInteger();
    SelfCheck.Probe hanging =
        () -> {
          asked.incrementAndGet();
          try {
            answer.await();
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
        };
    var check = new SelfCheck(Map.of("disk", hanging), Duration.ofMillis(50));

    assertThat(check.problems()).containsExactly("disk: does not answer for more than 0.05s");
    assertThat(check.problems()).hasSize(1);
    assertThat(asked).hasValue(1);

    answer.countDown();
    await().until(() -> check.problems().isEmpty());
  }

  private SelfCheck check(long free) {
    return SelfCheck.of(
        Optional.of(URI.create(store.toUri().toString())),
        InputRoots.of(List.of(root)),
        work,
        new DiskSpace(any -> free));
  }
}
