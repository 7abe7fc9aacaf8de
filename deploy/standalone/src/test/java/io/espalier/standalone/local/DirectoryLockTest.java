package io.espalier.standalone.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.domain.InvalidInputException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryLockTest {
  @TempDir private Path directory;

  @Test
  void a_directory_that_this_process_holds_is_refused_and_can_be_had_afterwards() {
    try (var held = DirectoryLock.take(directory)) {
      assertThatThrownBy(() -> DirectoryLock.take(directory))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("process " + ProcessHandle.current().pid())
          .hasMessageContaining("--dir");
    }

    DirectoryLock.take(directory).close();
  }

  @Test
  void a_directory_that_another_process_holds_says_which_until_that_is_killed() throws Exception {
    Process other = holder();

    assertThatThrownBy(() -> DirectoryLock.take(directory))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(directory.toString())
        .hasMessageContaining("is in use by process " + other.pid());

    other.destroyForcibly().waitFor();
    DirectoryLock.take(directory).close();
  }

  /** A process that holds the directory until it is killed. */
  private Process holder() throws IOException {
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Holder.class.getName(),
                directory.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    var said =
        new BufferedReader(new InputStreamReader(other.getInputStream(), StandardCharsets.UTF_8));
    assertThat(said.readLine()).isEqualTo("held");
    return other;
  }

  /** Main class of that process. */
  static final class Holder {
    private Holder() {}

    public static void main(String[] arguments) throws InterruptedException {
      try (var lock = DirectoryLock.take(Path.of(arguments[0]))) {
        System.out.println("held");
        Thread.currentThread().join();
      }
    }
  }
}
