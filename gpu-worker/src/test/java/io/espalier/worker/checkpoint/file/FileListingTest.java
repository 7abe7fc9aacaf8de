package io.espalier.worker.checkpoint.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.checkpoint.Listings;
import io.espalier.worker.checkpoint.Models;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.domain.StopCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileListingTest {
  private static final Instant WRITTEN = Instant.parse("2026-01-01T00:00:00Z");

  @TempDir Path folder;
  private Path model;

  @BeforeEach
  void two_files() throws IOException {
    model = folder.resolve("model");
    write("config.json", "{}", WRITTEN);
    write("tokenizer/vocab.txt", "words", WRITTEN);
  }

  @Test
  void lists_every_file_with_its_size() {
    FileListing listing = Listings.of(model);

    assertThat(listing.files()).containsOnlyKeys("config.json", "tokenizer/vocab.txt");
    assertThat(listing.files().get("tokenizer/vocab.txt").bytes()).isEqualTo(5);
    assertThat(listing.bytes()).isEqualTo(7);
    assertThat(Listings.of(model.resolve("config.json")).files()).containsOnlyKeys("");
  }

  @Test
  void is_another_one_after_any_change_even_of_the_same_size_and_time() throws IOException {
    FileListing before = Listings.of(model);
    before.requireSame(Listings.of(model));

    Files.delete(model.resolve("config.json"));
    write("other", "{}", WRITTEN); // or the inode would be used again
    write("config.json", "[]", WRITTEN);
    Files.delete(model.resolve("other"));

    assertThatThrownBy(() -> before.requireSame(Listings.of(model)))
        .isInstanceOf(ResourceException.class)
        .hasMessageContaining("changed while it was in use");
  }

  @Test
  void files_younger_than_the_clock_of_a_file_system_is_exact_are_not_settled() {
    FileListing listing = Listings.of(model);

    assertThat(listing.isSettledAt(WRITTEN.plusSeconds(2))).isFalse();
    assertThat(listing.isSettledAt(WRITTEN.plusSeconds(4))).isTrue();
  }

  @Test
  void too_many_files_or_bytes_are_refused_before_anything_is_read() {
    assertThatThrownBy(() -> list(new FileListing.Limits(1, 1000)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("more than 1 files");
    assertThatThrownBy(() -> list(new FileListing.Limits(10, 6)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("6 bytes");
    assertThat(list(new FileListing.Limits(2, 7)).bytes()).isEqualTo(7);
  }

  @Test
  void a_directory_inside_itself_is_refused() throws IOException {
    Files.createSymbolicLink(model.resolve("self"), model);

    assertThatThrownBy(() -> Listings.of(model))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("inside itself");
  }

  @Test
  void links_count_as_what_they_lead_to_and_broken_ones_not_at_all() throws IOException {
    Files.createSymbolicLink(model.resolve("link"), model.resolve("config.json"));
    Files.createSymbolicLink(model.resolve("broken"), model.resolve("gone"));

    assertThat(Listings.of(model).files())
        .containsOnlyKeys("config.json", "link", "tokenizer/vocab.txt");
    assertThat(Listings.of(model).files().get("link").bytes()).isEqualTo(2);
  }

  private FileListing list(FileListing.Limits limits) {
    return FileListing.of(model, limits, FileListing.LinkCheck.NONE, StopCheck.NEVER);
  }

  private void write(String name, String content, Instant time) throws IOException {
    Models.write(model.resolve(name), content);
    Files.setLastModifiedTime(model.resolve(name), FileTime.from(time));
  }
}
