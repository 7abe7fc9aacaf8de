package io.espalier.standalone.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every command that the README shows is one that the parser takes. */
class ReadmeCommandsTest {
  private static final Path README = Path.of("../../README.md");
  private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|(\\S+)");

  static Stream<String> commands() throws IOException {
    String text = Files.readString(README).replaceAll("\\\\\\n\\s*", " ");
    return text.lines()
        .filter(line -> line.startsWith("deploy/espalier "))
        .map(line -> line.substring("deploy/espalier ".length()).replaceFirst("\\s+#.*", ""));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void a_command_is_understood(String command) {
    List<String> words = new ArrayList<>();
    Matcher word = WORD.matcher(command);
    while (word.find()) {
      words.add(word.group(1) == null ? word.group(2) : word.group(1));
    }

    assertThatCode(() -> Espalier.commandLine().parseArgs(words.toArray(String[]::new)))
        .doesNotThrowAnyException();
  }

  @Test
  void the_commands_that_need_no_kafka_are_all_shown() throws IOException {
    assertThat(commands().map(command -> command.split(" ", -1)[0]))
        .contains("zoo", "inspect", "profile", "evaluate", "optimize", "compare");
  }
}
