package io.espalier.worker.checkpoint.surgery;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.checkpoint.file.FileDigest;
import io.espalier.worker.domain.StopCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WrittenDigestsTest {
  private static final FileDigest MADE_UP = new FileDigest("weights", 3, "a".repeat(64));

  @TempDir Path folder;

  @Test
  void what_was_written_need_not_be_read() throws IOException {
    Path output = written();

    WrittenDigests.save(output);

    Map<String, FileDigest> known = WrittenDigests.of(output);
    assertThat(known).containsExactly(Map.entry("weights", MADE_UP));
    assertThat(Manifest.of(output, known, StopCheck.NEVER).files()).containsExactly(MADE_UP);
  }

  @Test
  void what_was_changed_afterwards_is_read() throws IOException {
    Path output = written();
    WrittenDigests.save(output);

    Files.setLastModifiedTime(output.resolve("weights"), FileTime.from(Instant.EPOCH));

    assertThat(WrittenDigests.of(output)).isEmpty();
  }

  @Test
  void what_others_wrote_is_read() throws IOException {
    Path output = written();
    WrittenDigests.save(output);
    Files.writeString(output.resolve("config.json"), "{}");

    Manifest manifest = Manifest.of(output, WrittenDigests.of(output), StopCheck.NEVER);

    assertThat(manifest.files())
        .containsExactly(
            new FileDigest(
                "config.json",
                2,
                "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"), // sha256sum
            MADE_UP);
  }

  @Test
  void without_a_word_from_the_writer_nothing_is_known() throws IOException {
    assertThat(WrittenDigests.of(Files.createDirectories(folder.resolve("output")))).isEmpty();
  }

  private Path written() throws IOException {
    Path output = Files.createDirectories(folder.resolve("output"));
    WrittenDigests.note(Files.writeString(output.resolve("weights"), "123"), MADE_UP);
    return output;
  }
}
