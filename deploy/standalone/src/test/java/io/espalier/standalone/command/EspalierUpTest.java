package io.espalier.standalone.command;

import static io.espalier.standalone.command.Ran.espalier;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.standalone.client.topic.Address;
import io.espalier.standalone.local.DirectoryLock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests of {@code up}, {@code status} and {@code down} where nothing runs, or cannot. */
class EspalierUpTest {
  private static final Address UP = new Address("localhost:9092", "http://localhost:8081", "");

  @TempDir private Path directory;

  @Test
  void where_nothing_runs_status_ends_with_code_6_and_down_is_done() throws IOException {
    Ran status = espalier("status", "--dir", directory.toString(), "-o", "json");
    Ran down = espalier("down", "--dir", directory.toString());

    assertThat(status.code()).isEqualTo(6);
    assertThat(status.json().path("up").asBoolean(true)).isFalse();
    assertThat(status.json().path("directory").asText()).isEqualTo(directory.toString());
    assertThat(down.code()).isZero();
    assertThat(down.out()).contains("nothing runs in " + directory);
  }

  @Test
  void a_directory_that_somebody_holds_is_refused_with_the_holder_and_the_way_to_stop_it() {
    try (var held = DirectoryLock.take(directory)) {
      Ran second = espalier("up", "--dir", directory.toString());

      assertThat(second.code()).isEqualTo(3);
      assertThat(second.err())
          .contains(
              "in use by process " + ProcessHandle.current().pid(),
              "since",
              "espalier down --dir " + directory);
    }
  }

  @Test
  void a_port_that_is_taken_is_refused_before_anything_starts() throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = Integer.toString(taken.getLocalPort());

      Ran run = espalier("up", "--dir", directory.toString(), "--broker-port", port);

      assertThat(run.code()).isEqualTo(3);
      assertThat(run.err()).contains("port " + port, "--broker-port");
      assertThat(directory.resolve("broker")).doesNotExist();
      assertThat(directory.resolve("stack.json")).doesNotExist();
      DirectoryLock.take(directory).close();
    }
  }

  @Test
  void directories_that_cannot_be_used_are_refused() throws IOException {
    Path file = Files.createFile(directory.resolve("file"));

    Ran noRoot = espalier("up", "--dir", directory.toString(), "--allow-root", file + "-not");
    Ran noDirectory = espalier("up", "--dir", file.resolve("below").toString());

    assertThat(noRoot.code()).isEqualTo(3);
    assertThat(noRoot.err()).contains("--allow-root " + file + "-not", "found nothing");
    assertThat(noDirectory.code()).isEqualTo(3);
    assertThat(noDirectory.err()).contains(file + "/below", "--dir");
  }

  @Test
  void the_last_line_says_whether_other_commands_will_find_it() {
    Map<String, String> elsewhere = Map.of("ESPALIER_BOOTSTRAP_SERVERS", "kafka:9092");
    Map<String, String> same = Map.of("ESPALIER_BOOTSTRAP_SERVERS", "localhost:9092");

    assertThat(UpCommand.ready(true, UP, Map.of())).contains("find it by themselves");
    assertThat(UpCommand.ready(true, UP, same)).contains("find it by themselves");
    assertThat(UpCommand.ready(true, UP, elsewhere)).contains("another system", "unset");
    assertThat(UpCommand.ready(false, UP, Map.of()))
        .contains("ESPALIER_REGISTRY_URL=http://localhost:8081");
  }

  @Test
  void a_limit_to_standing_still_is_a_time_of_some_length() {
    String[] worker = {"worker", "--work-dir", directory.toString(), "--stall"};

    assertThat(espalier(worker[0], worker[1], worker[2], worker[3], "soon").err())
        .contains("--stall", "'soon' is no time", "30m");
    assertThat(espalier(worker[0], worker[1], worker[2], worker[3], "0s").code()).isEqualTo(2);
  }
}
