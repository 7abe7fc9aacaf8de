package io.espalier.worker.checkpoint.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.checkpoint.Models;
import io.espalier.worker.checkpoint.file.FileListing;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.domain.StopCheck;
import io.espalier.worker.domain.WorkerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class VerifiedInputsTest {
  private static final Instant WRITTEN = Instant.parse("2026-01-01T00:00:00Z");

  @TempDir Path folder;
  private Path model;
  private Path memory;

  @BeforeEach
  void a_model() throws IOException {
    model = folder.resolve("model");
    memory = folder.resolve("memory");
    write("config.json", "{}", WRITTEN);
    write("tokenizer/vocab.txt", "words", WRITTEN);
  }

  @Test
  void gives_the_files_of_a_directory_that_has_the_digest() {
    Manifest manifest = Manifest.of(model);

    var verified = verify(Optional.of(manifest.rootDigest()));

    assertThat(verified.manifest()).isEqualTo(manifest);
    assertThat(verified.directory()).isEqualTo(model);
  }

  @Test
  void another_digest_is_invalid_for_good() {
    String wanted = "0".repeat(64);

    assertThatThrownBy(() -> verify(Optional.of(wanted)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("wanted root digest " + wanted)
        .hasMessageContaining("found " + Manifest.of(model).rootDigest());
  }

  @Test
  void files_that_were_renamed_in_the_same_order_are_invalid_for_good() throws IOException {
    write("adapter_config.json", "{\"evil\":1}", WRITTEN);
    Manifest registered = Manifest.of(model);
    assertThat(verify(ContentPin.of(registered)).manifest()).isEqualTo(registered);
    Files.move(model.resolve("config.json"), model.resolve("config2.json"));
    Files.move(model.resolve("adapter_config.json"), model.resolve("config.json"));

    Manifest renamed = Manifest.of(model);
    assertThat(renamed.rootDigest()).isEqualTo(registered.rootDigest());
    assertThat(verify(Optional.of(registered.rootDigest())).manifest())
        .as("without the listing's digest nobody can tell")
        .isEqualTo(renamed);
    assertThatThrownBy(() -> verify(ContentPin.of(registered)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("wanted listing digest " + registered.listingDigest())
        .hasMessageContaining("found " + renamed.listingDigest())
        .hasMessageContaining("have been renamed");
  }

  @Test
  void a_listing_alone_can_be_demanded() throws IOException {
    String wanted = Manifest.of(model).listingDigest();
    write("config.json", "[1]", WRITTEN.plusSeconds(1));

    assertThatThrownBy(() -> verify(ContentPin.of(null, wanted)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("other names, sizes or contents");
  }

  @Test
  void a_memory_of_before_there_were_listing_digests_is_read() throws IOException {
    Manifest manifest = verify(Optional.empty()).manifest();
    String memo = Files.readString(memo());
    String older = memo.replaceFirst("\"listingDigest\"[^,]*,", "");
    assertThat(older).isNotEqualTo(memo);
    Files.writeString(memo(), older);
    write("config.json", "[]", WRITTEN); // in place: same size, time and inode

    assertThat(verify(ContentPin.of(manifest)).manifest()).isEqualTo(manifest);
  }

  @Test
  void what_has_not_changed_is_not_read_again() throws IOException {
    Manifest manifest = verify(Optional.empty()).manifest();
    write("config.json", "[]", WRITTEN); // in place: same size, time and inode

    assertThat(verify(Optional.of(manifest.rootDigest())).manifest()).isEqualTo(manifest);
    assertThat(memo()).exists();
  }

  @Test
  void what_has_changed_is_read_again() throws IOException {
    verify(Optional.empty());

    write("config.json", "[]", WRITTEN.plusSeconds(1));

    assertThat(verify(Optional.empty()).manifest()).isEqualTo(Manifest.of(model));
  }

  @Test
  void young_files_are_not_remembered_since_a_change_could_go_unseen() {
    inputs(WRITTEN.plusSeconds(1)).verify(model, ContentPin.NONE, StopCheck.NEVER);

    assertThat(memory).doesNotExist();
  }

  @Test
  void a_memory_that_was_tampered_with_is_worth_nothing() throws IOException {
    Manifest manifest = verify(Optional.empty()).manifest();
    String memo = Files.readString(memo());
    Files.writeString(memo(), memo.replace(manifest.files().get(0).sha256(), "f".repeat(64)));

    assertThat(verify(Optional.empty()).manifest()).isEqualTo(manifest);
  }

  @Test
  void a_change_after_the_verification_is_noticed() throws IOException {
    var verified = verify(Optional.empty());
    inputs(WRITTEN.plusSeconds(60)).requireUnchanged(verified, StopCheck.NEVER);

    write("config.json", "[]", WRITTEN.plusSeconds(1));

    assertThatThrownBy(
            () -> inputs(WRITTEN.plusSeconds(60)).requireUnchanged(verified, StopCheck.NEVER))
        .isInstanceOf(ResourceException.class)
        .hasMessageContaining("changed while it was in use");
  }

  @Test
  void what_is_not_there_may_be_there_for_another_worker() {
    assertThatThrownBy(
            () -> inputs(WRITTEN).verify(folder.resolve("gone"), ContentPin.NONE, StopCheck.NEVER))
        .isInstanceOf(ResourceException.class);
  }

  @Test
  void hashing_a_huge_file_ends_within_a_second_of_the_request() throws IOException {
    FileArtifactStoreTest.sparse(model.resolve("weights"), 1L << 40);
    var asked = new AtomicBoolean();
    var checks = new AtomicInteger();
    StopCheck stop =
        () -> {
          checks.incrementAndGet();
          if (asked.get()) {
            throw new WorkerException("stop", false, null);
          }
        };
    var verifying =
        CompletableFuture.runAsync(() -> inputs(WRITTEN).verify(model, ContentPin.NONE, stop));
    await().until(() -> checks.get() > 50); // it reads

    asked.set(true);

    await().atMost(Duration.ofSeconds(1)).until(verifying::isDone);
    assertThatThrownBy(verifying::join).hasCauseInstanceOf(WorkerException.class);
  }

  private VerifiedInputs.Verified verify(Optional<String> digest) {
    return verify(new ContentPin(digest, Optional.empty()));
  }

  private VerifiedInputs.Verified verify(ContentPin wanted) {
    return inputs(WRITTEN.plusSeconds(60)).verify(model, wanted, StopCheck.NEVER);
  }

  private VerifiedInputs inputs(Instant now) {
    return new VerifiedInputs(
        memory,
        FileListing.Limits.STANDARD,
        FileListing.LinkCheck.NONE,
        Clock.fixed(now, ZoneOffset.UTC));
  }

  private Path memo() throws IOException {
    try (var files = Files.list(memory)) {
      return files.findFirst().orElseThrow();
    }
  }

  private void write(String name, String content, Instant time) throws IOException {
    Models.write(model.resolve(name), content);
    Files.setLastModifiedTime(model.resolve(name), FileTime.from(time));
  }
}
