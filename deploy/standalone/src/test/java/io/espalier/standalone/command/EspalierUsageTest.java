package io.espalier.standalone.command;

import static io.espalier.standalone.command.Ran.espalier;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests of answers to mistyped commands, and of shell completion. */
class EspalierUsageTest {
  @Test
  void a_misspelt_option_is_named_instead_of_the_one_that_is_then_missing() {
    Ran run = espalier("optimize", "--modle", "X", "--policy", "p.yaml", "--out", "o");

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("Unknown option: '--modle'", "--model").doesNotContain("issing");
  }

  @Test
  void an_option_that_is_missing_is_named_where_nothing_is_misspelt() {
    Ran run = espalier("optimize", "--model", "X", "--out", "o");

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("Missing required argument", "--policy=FILE", "--algorithm");
  }

  @Test
  void only_the_command_that_is_named_first_is_read() {
    assertThat(Espalier.needed("runs", "list")).containsExactly(RunsCommand.class);
    assertThat(Espalier.needed("--version")).isEmpty();
    List<Class<?>> all = Espalier.needed("--help");
    assertThat(all).contains(RunsCommand.class, UpCommand.class).hasSizeGreaterThan(10);
    assertThat(Espalier.needed()).isEqualTo(all);
    assertThat(Espalier.needed("rns")).as("so that it can be guessed").isEqualTo(all);
    assertThat(Espalier.needed("-o", "json", "runs")).isEqualTo(all);
  }

  @Test
  void bash_completes_commands_and_their_options() throws Exception {
    Ran script = espalier("completion", "bash");

    assertThat(script.code()).isZero();
    assertThat(completed(script.out(), "espalier", "sta")).contains("status");
    assertThat(completed(script.out(), "espalier", "up", "--allow")).contains("--allow-root");
  }

  /** Returns what bash proposes for the last word. */
  private static List<String> completed(String script, String... words) throws Exception {
    String ask =
        """
        compopt() { :; }
        COMP_WORDS=(%s); COMP_CWORD=%d
        _complete_espalier
        printf '%%s\\n' "${COMPREPLY[@]}"
        """
            .formatted(String.join(" ", words), words.length - 1);
    Process bash =
        new ProcessBuilder("bash", "-s").redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (Writer input = new OutputStreamWriter(bash.getOutputStream(), StandardCharsets.UTF_8)) {
      input.write(script + "\n" + ask);
    }
    return lines(bash);
  }

  private static List<String> lines(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
        .lines()
        .toList();
  }
}
