package io.espalier.standalone.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.standalone.report.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StackStatusTest {
  private static final int NOT_UP = 6;

  @TempDir private Path directory;

  private StackFile file;

  @BeforeEach
  void a_directory() {
    file = new StackFile(directory);
  }

  @Test
  void what_was_written_is_read_again() {
    StackRecord stack = SampleStack.running(false);

    file.write(stack);

    assertThat(file.read()).contains(stack);
    assertThat(file.running()).contains(stack);
    assertThat(directory.toFile().list()).containsExactly("stack.json");
  }

  @Test
  void everything_that_works_is_ready() {
    StackRecord stack = SampleStack.running(true);
    file.write(stack);

    Result status = StackStatus.of(directory, NOT_UP);

    assertThat(status.exitCode()).isZero();
    assertThat(status.table())
        .startsWith("ready since " + stack.owner().since())
        .contains("process " + ProcessHandle.current().pid(), "localhost:19092", "default");
    assertThat(status.json().path("up").asBoolean()).isTrue();
    assertThat(status.json().path("ready").asBoolean()).isTrue();
    assertThat(status.json().path("directory").asText()).isEqualTo(directory.toString());
    assertThat(status.json().findValuesAsText("state")).containsExactly("works", "works");
    assertThat(status.json().at("/services/0/restarts").asInt()).isEqualTo(2);
  }

  @Test
  void a_service_that_starts_or_has_ended_is_told_by_the_exit_code_too() {
    file.write(SampleStack.running(false));
    Result starting = StackStatus.of(directory, NOT_UP);
    file.write(SampleStack.withoutWorker());
    Result ended = StackStatus.of(directory, NOT_UP);

    assertThat(starting.exitCode()).isEqualTo(NOT_UP);
    assertThat(starting.json().findValuesAsText("state")).containsExactly("works", "starts");
    assertThat(ended.exitCode()).isEqualTo(NOT_UP);
    assertThat(ended.json().findValuesAsText("state")).containsExactly("works", "ended");
    assertThat(ended.json().path("up").asBoolean()).isTrue();
    assertThat(ended.json().path("ready").asBoolean()).isFalse();
  }

  @Test
  void a_directory_where_nothing_runs_says_so() throws IOException {
    assertThat(StackStatus.of(directory, NOT_UP).exitCode()).isEqualTo(NOT_UP);

    file.write(SampleStack.ofAnEarlierProcess());
    Result left = StackStatus.of(directory, NOT_UP);
    Files.writeString(directory.resolve("stack.json"), "{");
    Result broken = StackStatus.of(directory, NOT_UP);

    assertThat(left.exitCode()).as("another process has the id now").isEqualTo(NOT_UP);
    assertThat(left.table()).contains("not running", directory.toString(), "espalier up");
    assertThat(left.json().path("up").asBoolean(true)).isFalse();
    assertThat(broken.exitCode()).isEqualTo(NOT_UP);
  }

  @Test
  void only_the_process_that_was_meant_is_ended() throws Exception {
    Process meant = new ProcessBuilder("sleep", "100").start();
    LiveProcess process = LiveProcess.of(meant.toHandle());
    var earlier = new LiveProcess(process.id(), process.since().minusSeconds(60));

    earlier.stop();
    earlier.kill();

    assertThat(earlier.alive()).isFalse();
    assertThat(process.alive()).isTrue();
    assertThat(process.awaitEnd(Duration.ofMillis(10))).isFalse();
    process.stop();
    assertThat(process.awaitEnd(Duration.ofSeconds(20))).isTrue();
    assertThat(process.alive()).isFalse();
  }
}
