package io.espalier.worker.stage.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.checkpoint.file.FileListing;
import io.espalier.worker.domain.StopCheck;
import io.espalier.worker.stage.Stop;
import io.espalier.worker.stage.StoppedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DataDigestsTest {
  private static final Instant WRITTEN = Instant.parse("2026-01-01T00:00:00Z");

  @TempDir Path folder;

  private Path data;
  private Path memory;

  @BeforeEach
  void a_data_set() throws IOException {
    data = Files.createDirectories(folder.resolve("data"));
    memory = folder.resolve("memory");
    write("a.bin", "12345", WRITTEN);
    write("b.bin", "67890", WRITTEN);
  }

  @Test
  void the_same_contents_elsewhere_and_at_another_time_have_the_same_digest() throws IOException {
    String digest = digest(3600, data);
    Path copy = Files.createDirectories(folder.resolve("copy"));
    Files.writeString(copy.resolve("a.bin"), "12345");
    Files.writeString(copy.resolve("b.bin"), "67890");

    assertThat(digest(3600, copy)).isEqualTo(digest).startsWith("content ");
  }

  @Test
  void a_change_that_keeps_size_and_time_is_noticed_in_a_young_file() throws IOException {
    String digest = digest(1, data);

    write("a.bin", "54321", WRITTEN);

    assertThat(digest(1, data)).isNotEqualTo(digest);
    assertThat(memory).doesNotExist();
  }

  @Test
  void a_change_of_contents_is_noticed_after_the_digest_was_remembered() throws IOException {
    String digest = digest(3600, data);

    write("a.bin", "54321", WRITTEN.plusSeconds(5));

    assertThat(digest(3600, data)).isNotEqualTo(digest);
  }

  @Test
  void what_is_remembered_is_not_read_again() throws IOException {
    digest(3600, data);
    Path memo;
    try (var files = Files.list(memory)) {
      memo = files.findFirst().orElseThrow();
    }
    String known = Files.readString(memo);
    Files.writeString(memo, known.replaceAll("(\"content\":\")[0-9a-f]+", "$1remembered"));

    assertThat(digest(3600, data)).isEqualTo("content remembered");
  }

  @Test
  void a_damaged_memory_is_replaced() throws IOException {
    String digest = digest(3600, data);
    try (var files = Files.list(memory)) {
      Files.writeString(files.findFirst().orElseThrow(), "{\"listing\":");
    }

    assertThat(digest(3600, data)).isEqualTo(digest);
  }

  @Test
  void names_count() throws IOException {
    String digest = digest(3600, data);

    Files.move(data.resolve("a.bin"), data.resolve("c.bin"));

    assertThat(digest(3600, data)).isNotEqualTo(digest);
  }

  @Test
  void a_link_to_the_directory_leads_to_the_same_data() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link"), data);

    assertThat(digest(3600, link)).isEqualTo(digest(3600, data));
  }

  @Test
  void a_data_set_too_large_to_read_is_known_by_its_listing() throws IOException {
    var digests = new DataDigests(memory, 9, at(3600));
    String digest = digests.of(listing(data), StopCheck.NEVER);

    write("a.bin", "12345", WRITTEN.plusSeconds(5));

    assertThat(digest).startsWith("listing ");
    assertThat(digests.of(listing(data), StopCheck.NEVER)).isNotEqualTo(digest);
  }

  @Test
  void reading_ends_when_it_is_asked_to() {
    var stop = new Stop();
    FileListing listing = listing(data);
    stop.request(Stop.Reason.CANCELLED, "not wanted");

    assertThatThrownBy(() -> new DataDigests(memory, 1000, at(3600)).of(listing, stop))
        .isInstanceOf(StoppedException.class);
    assertThat(memory).doesNotExist();
  }

  private String digest(long secondsLater, Path path) {
    return new DataDigests(memory, 1000, at(secondsLater)).of(listing(path), StopCheck.NEVER);
  }

  private static FileListing listing(Path path) {
    return FileListing.of(
        path, FileListing.Limits.STANDARD, FileListing.LinkCheck.NONE, StopCheck.NEVER);
  }

  private static Clock at(long seconds) {
    return Clock.fixed(WRITTEN.plusSeconds(seconds), ZoneOffset.UTC);
  }

  private void write(String name, String text, Instant time) throws IOException {
    Files.writeString(data.resolve(name), text);
    Files.setLastModifiedTime(data.resolve(name), FileTime.from(time));
  }
}
