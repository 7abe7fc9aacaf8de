package io.espalier.standalone.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.standalone.client.topic.UnreachableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConnectionTest {
  private static final Duration PATIENCE = Duration.ofSeconds(7);

  @TempDir private Path directory;

  @Test
  void without_a_word_it_is_what_up_has_running() {
    new StackFile(directory).write(SampleStack.running(true));

    Connection found = choose(wanted("", ""), Map.of());

    assertThat(found.stack()).contains(directory);
    assertThat(found.address().bootstrapServers()).isEqualTo("localhost:19092");
    assertThat(found.address().registryUrl()).isEqualTo("http://localhost:18081");
    assertThat(found.address().topicPrefix()).isEqualTo("mine.");
    assertThat(found.address().patience()).isEqualTo(PATIENCE);
  }

  @Test
  void an_option_wins_over_the_environment_and_that_over_what_is_up() {
    new StackFile(directory).write(SampleStack.running(true));
    var environment =
        Map.of("ESPALIER_BOOTSTRAP_SERVERS", "kafka:1", "ESPALIER_REGISTRY_URL", "http://kafka:2");

    Connection named = choose(wanted("other:1", ""), environment);
    Connection set = choose(wanted("", ""), environment);

    assertThat(named.address().bootstrapServers()).isEqualTo("other:1");
    assertThat(named.address().registryUrl()).isEqualTo("http://kafka:2");
    assertThat(set.address().bootstrapServers()).isEqualTo("kafka:1");
    assertThat(named.stack()).isEmpty();
    assertThat(set.stack()).isEmpty();
  }

  @Test
  void what_is_up_is_taken_as_a_whole_or_not_at_all() {
    new StackFile(directory).write(SampleStack.running(true));

    Connection same = choose(wanted("localhost:19092", ""), Map.of());
    Connection other = choose(wanted("other:1", ""), Map.of());

    assertThat(same.stack()).contains(directory);
    assertThat(same.address().registryUrl()).isEqualTo("http://localhost:18081");
    assertThat(other.address().registryUrl()).isEqualTo("http://localhost:8081");
    assertThat(other.address().topicPrefix()).isEqualTo("espalier.");
  }

  @Test
  void where_nothing_was_ever_started_it_is_the_usual_ports() {
    Connection found =
        Connection.choose(
            wanted("", "").or(Map.of("ESPALIER_REGISTRY_URL", "")), Optional.empty(), PATIENCE);

    assertThat(found.address().bootstrapServers()).isEqualTo("localhost:9092");
    assertThat(found.address().registryUrl()).isEqualTo("http://localhost:8081");
  }

  @Test
  void what_was_up_and_is_gone_is_told_unless_another_system_is_named() {
    new StackFile(directory).write(SampleStack.ofAnEarlierProcess());

    assertThatThrownBy(() -> choose(wanted("", ""), Map.of()))
        .isInstanceOf(UnreachableException.class)
        .hasMessageContainingAll(
            "not running any more in " + directory,
            "process %d of 2020-01-01".formatted(ProcessHandle.current().pid()),
            "espalier up --dir " + directory,
            "--bootstrap-servers");
    assertThat(choose(wanted("kafka:1", ""), Map.of()).address().bootstrapServers())
        .isEqualTo("kafka:1");
  }

  @Test
  void a_user_finds_the_last_one_that_was_started_until_that_ends() {
    var user = new UserDirectories(Map.of("XDG_DATA_HOME", directory.toString()), "?");
    CurrentStack current = CurrentStack.of(user);

    assertThat(current.directory()).isEmpty();
    assertThat(current.set(Path.of("/first"))).isTrue();
    assertThat(current.set(Path.of("/second"))).isTrue();
    current.clear(Path.of("/first"));
    assertThat(CurrentStack.of(user).directory()).contains(Path.of("/second"));
    current.clear(Path.of("/second"));
    assertThat(CurrentStack.of(user).directory()).isEmpty();
  }

  @Test
  void files_that_cannot_be_read_hold_nobody_up() throws IOException {
    var user = new UserDirectories(Map.of("XDG_DATA_HOME", directory.toString()), "?");
    Files.createDirectories(directory.resolve("espalier/current-stack"));
    Files.createDirectories(directory.resolve("stack.json"));

    assertThat(CurrentStack.of(user).directory()).isEmpty();
    assertThat(new StackFile(directory).read()).isEmpty();
  }

  private Connection choose(Connection.Wanted wanted, Map<String, String> environment) {
    return Connection.choose(wanted.or(environment), Optional.of(directory), PATIENCE);
  }

  private static Connection.Wanted wanted(String bootstrapServers, String registryUrl) {
    return new Connection.Wanted(
        Optional.of(bootstrapServers).filter(text -> !text.isEmpty()),
        Optional.of(registryUrl).filter(text -> !text.isEmpty()),
        Optional.empty());
  }
}
