package io.espalier.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.espalier.standalone.local.StackFile;
import io.espalier.standalone.local.StackRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The walkthrough of the examples does what it says. */
class WalkthroughIT {
  private static final Path PAGE = Path.of("../deploy/examples/walkthrough.md");
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  @TempDir private Path home;

  @Test
  void every_command_prints_what_the_page_says() throws Exception {
    Path real = home.toRealPath();
    try (var user = new UserCommands(real, "work")) {
      for (Transcript command : Transcript.of(Files.readString(PAGE))) {
        String printed = run(user, command).replace(real.toString(), "/home/ada");
        assertThat(command.matches(printed))
            .as("%s printed%n%s", command.command(), printed)
            .isTrue();
      }
    }
  }

  private String run(UserCommands user, Transcript command) throws Exception {
    Path output = Files.createTempFile(home, "output", ".txt");
    Path errors = Files.createTempFile(home, "errors", ".txt");
    List<String> words = new ArrayList<>(command.command());
    if (command.background()) { // other tests may have the usual ports
      words.addAll(List.of("--broker-port", "0", "--registry-port", "0"));
    }
    Process process = user.start(words, output.toFile(), errors.toFile());
    if (command.background()) {
      var stack = new StackFile(user.stack());
      await()
          .atMost(PATIENCE)
          .until(stack::running, record -> record.filter(StackRecord::ready).isPresent());
      await().atMost(PATIENCE).until(() -> command.matches(read(output, home)));
      return Files.readString(output);
    }
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue())
        .as("%s: %s", command.command(), Files.readString(errors))
        .isEqualTo(command.exitCode());
    return Files.readString(output);
  }

  private static String read(Path output, Path home) throws IOException {
    return Files.readString(output).replace(home.toRealPath().toString(), "/home/ada");
  }
}
