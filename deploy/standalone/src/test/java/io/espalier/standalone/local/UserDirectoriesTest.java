package io.espalier.standalone.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.domain.InvalidInputException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class UserDirectoriesTest {
  /** Home in Java of a user id that is not in the system's list of users. */
  private static final String UNLISTED = "?";

  @Test
  void the_home_directory_is_the_usual_place() {
    var user = new UserDirectories(Map.of(), "/home/ada");

    assertThat(user.data("--dir")).isEqualTo(Path.of("/home/ada/.local/share/espalier"));
    assertThat(user.cache("--scores")).isEqualTo(Path.of("/home/ada/.cache/espalier"));
  }

  @Test
  void home_of_the_environment_wins_over_the_list_of_users() {
    var user = new UserDirectories(Map.of("HOME", "/srv/ada"), "/home/ada");

    assertThat(user.data("--dir")).isEqualTo(Path.of("/srv/ada/.local/share/espalier"));
    assertThat(user.cache("--scores")).isEqualTo(Path.of("/srv/ada/.cache/espalier"));
  }

  @Test
  void the_variables_of_the_specification_win_over_home() {
    var variables = Map.of("HOME", "/h", "XDG_DATA_HOME", "/data", "XDG_CACHE_HOME", "/cache");
    var user = new UserDirectories(variables, UNLISTED);

    assertThat(user.data("--dir")).isEqualTo(Path.of("/data/espalier"));
    assertThat(user.cache("--scores")).isEqualTo(Path.of("/cache/espalier"));
  }

  @Test
  void what_is_empty_or_relative_counts_as_not_set() {
    var variables = Map.of("HOME", "", "XDG_DATA_HOME", "data", "XDG_CACHE_HOME", "");
    var user = new UserDirectories(variables, "/home/ada");

    assertThat(user.data("--dir")).isEqualTo(Path.of("/home/ada/.local/share/espalier"));
    assertThat(user.cache("--scores")).isEqualTo(Path.of("/home/ada/.cache/espalier"));
  }

  @Test
  void a_user_without_a_home_is_told_what_would_do() {
    var user = new UserDirectories(Map.of(), UNLISTED);

    assertThatThrownBy(() -> user.data("--dir"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContainingAll("HOME is not set", "--dir", "XDG_DATA_HOME");
    assertThatThrownBy(() -> user.cache("--scores"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContainingAll("--scores", "XDG_CACHE_HOME");
    assertThat(CurrentStack.of(user).directory()).isEmpty();
    assertThat(CurrentStack.of(user).set(Path.of("/tmp"))).isFalse();
  }
}
