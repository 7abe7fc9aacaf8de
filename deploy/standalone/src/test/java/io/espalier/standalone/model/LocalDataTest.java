package io.espalier.standalone.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.standalone.report.Narration;
import io.espalier.worker.domain.InvalidInputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalDataTest {
  @TempDir private Path directory;
  private final ByteArrayOutputStream told = new ByteArrayOutputStream();
  private final Narration narration =
      Narration.plain(new PrintStream(told, true, StandardCharsets.UTF_8));

  @Test
  void the_command_line_wins_over_the_policy_and_says_so() throws IOException {
    Path own = Files.createDirectory(directory.resolve("my data"));
    String policys = directory.toUri() + "?split=test";

    Map<String, URI> data =
        LocalData.of(
            Map.of("eval", policys, "calibration", policys),
            Map.of("eval", own + "?split=test"),
            narration);

    assertThat(data.get("eval")).isEqualTo(URI.create(own.toUri() + "?split=test"));
    assertThat(data.get("calibration")).isEqualTo(URI.create(policys));
    assertThat(told.toString(StandardCharsets.UTF_8))
        .contains("data for eval", "my%20data", "in place of the policy's " + policys)
        .doesNotContain("calibration");
  }

  @Test
  void the_same_said_twice_is_nothing_to_tell() {
    String uri = directory.toUri().toString();

    LocalData.of(Map.of("eval", uri), Map.of("eval", uri), narration);

    assertThat(told.size()).isZero();
  }

  @Test
  void every_missing_file_and_unknown_role_is_told_before_any_work() {
    assertThatThrownBy(
            () ->
                LocalData.of(
                    Map.of("train", directory.resolve("gone").toUri().toString()),
                    Map.of("evl", directory.toString(), "eval", directory + "/lost?split=test"),
                    narration))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("data for train: there is no " + directory.resolve("gone"))
        .hasMessageContaining("data for eval: there is no " + directory.resolve("lost") + ";")
        .hasMessageContaining("data role 'evl' is not known");
  }
}
