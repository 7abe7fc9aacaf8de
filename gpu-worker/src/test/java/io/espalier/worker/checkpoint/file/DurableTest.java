package io.espalier.worker.checkpoint.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A power failure cannot be had in a test, so what is written to the disk and when is recorded. */
class DurableTest {
  @TempDir private Path base;
  private final List<String> synced = new ArrayList<>();

  /** Notes a directory with what is in it when its names are written. */
  private void note(Path directory) throws IOException {
    try (Stream<Path> inside = Files.list(directory)) {
      synced.add(
          "%s: %s"
              .formatted(
                  base.relativize(directory),
                  inside.map(path -> path.getFileName().toString()).sorted().toList()));
    }
  }

  @Test
  void the_parent_of_every_new_directory_is_written_to_the_disk_after_the_directory_is_there()
      throws IOException {
    Files.createDirectory(base.resolve("models"));

    Durable.directories(base, base.resolve("models/acme/resnet/7"), this::note);

    assertThat(base.resolve("models/acme/resnet/7")).isEmptyDirectory();
    assertThat(synced)
        .containsExactly("models: [acme]", "models/acme: [resnet]", "models/acme/resnet: [7]");
  }

  @Test
  void directories_that_are_there_already_need_no_write() throws IOException {
    Files.createDirectories(base.resolve("models/acme"));

    Durable.directories(base, base.resolve("models/acme"), this::note);
    Durable.directories(base, base, this::note);

    assertThat(synced).isEmpty();
  }
}
