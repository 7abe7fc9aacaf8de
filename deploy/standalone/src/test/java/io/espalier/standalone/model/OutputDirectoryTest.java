package io.espalier.standalone.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputDirectoryTest {
  @TempDir private Path directory;

  @Test
  void a_link_to_an_empty_directory_means_that_directory() throws IOException {
    Path real = Files.createDirectory(directory.resolve("real")).toRealPath();
    Path link = Files.createSymbolicLink(directory.resolve("link"), real);

    assertThat(OutputDirectory.free(link)).isEqualTo(real);
    assertThat(OutputDirectory.free(directory.resolve("new")))
        .isEqualTo(directory.resolve("new").toAbsolutePath());
  }

  @Test
  void a_file_and_a_directory_with_something_in_it_are_refused() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "mine");

    for (Path taken : new Path[] {file, directory}) {
      assertThatThrownBy(() -> OutputDirectory.free(taken))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining(taken.toString());
    }
  }

  @Test
  void the_reason_is_told_in_words() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "mine");
    Path out = Path.of("/out");

    assertThat(OutputDirectory.refused(out, new AccessDeniedException("/out/a")))
        .hasMessage(
            "the output /out cannot be written: permission denied for /out/a; choose another"
                + " place");
    assertThat(
            OutputDirectory.refused(
                out, new FileSystemException("/out/a", null, "No space left on device")))
        .hasMessageContaining("No space left on device for /out/a");
    assertThat(OutputDirectory.refused(file.resolve("a/b"), new IOException("not there")))
        .hasMessageContaining(file + " is in the way and is no directory");
  }

  @Test
  void a_policy_is_not_written_over_a_file_of_somebody_else() throws IOException {
    Path out = directory.resolve("small");
    Path place = PolicyCopy.place(out);
    PolicyCopy.write(out, Optional.of("kind: PruningPolicy\n"));

    PolicyCopy.requireOwn(place);
    assertThat(place).hasFileName("small.policy.yaml").content().contains("\nkind: Pruning");
    Files.writeString(place, "kind: PruningPolicy\n");
    assertThatThrownBy(() -> PolicyCopy.requireOwn(place))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(place.toString());
  }

  @Test
  void reports_of_rejected_results_replace_only_their_own_kind() throws IOException {
    Path candidate = Files.createDirectory(directory.resolve("candidate"));
    Files.writeString(candidate.resolve("report.html"), "page");
    Files.writeString(candidate.resolve("report.json"), "{}");
    Path out = directory.resolve("out");
    Path foreign = Files.createDirectory(directory.resolve("out-rejected"));
    Files.writeString(foreign.resolve("mine"), "precious");

    Path first = RejectedReport.keep(candidate, out, Optional.of("a policy")).orElseThrow();
    Path second = RejectedReport.keep(candidate, out, Optional.empty()).orElseThrow();

    assertThat(first).isEqualTo(second).hasFileName("out-rejected-2");
    assertThat(first.resolve("report.html")).hasContent("page");
    assertThat(first.resolve("policy.yaml")).doesNotExist();
    assertThat(foreign.resolve("mine")).hasContent("precious");
  }
}
