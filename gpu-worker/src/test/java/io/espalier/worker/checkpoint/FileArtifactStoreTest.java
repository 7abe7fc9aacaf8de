package io.espalier.worker.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.WorkerException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class FileArtifactStoreTest {
  @TempDir Path folder;
  private Path model;
  private URI under;
  private ArtifactStore store;

  @BeforeEach
  void open() {
    model = folder.resolve("model");
    Models.write(model.resolve("config.json"), "{}");
    Models.write(model.resolve("tokenizer/vocab.txt"), "words");
    under = folder.resolve("artifacts/run").toUri();
    store = ArtifactStores.of(under);
  }

  @Test
  void publishes_a_copy_that_is_found_and_fetched() throws IOException {
    Published published = store.publish(model, under, "attempt-1");

    assertThat(published.manifest()).isEqualTo(Manifest.of(model));
    assertThat(store.find(under, "attempt-1")).contains(published);
    Path fetched =
        store.fetch(
            published.uri(),
            Optional.of(published.manifest().rootDigest()),
            folder.resolve("scratch"));
    assertThat(fetched).isEqualTo(folder.resolve("artifacts/run/attempt-1"));
    assertThat(fetched.resolve("tokenizer/vocab.txt")).hasContent("words");
    assertThat(model).isNotEmptyDirectory();
    assertThat(names()).containsExactly("attempt-1");
  }

  @Test
  void clears_what_publications_left_that_were_cut_off_long_ago() throws IOException {
    store.publish(model, under, "attempt-1");
    Path run = folder.resolve("artifacts/run");
    Models.write(run.resolve(".incoming-attempt-2-old/part/model.safetensors"), "half");
    Models.write(run.resolve(".incoming-attempt-3-growing/model.safetensors"), "half");
    Instant limit = Instant.parse("2026-01-02T00:00:00Z");
    age(run.resolve(".incoming-attempt-2-old"), limit.minusSeconds(1));
    age(run.resolve(".incoming-attempt-3-growing"), limit.minusSeconds(1));
    age(run.resolve("attempt-1"), limit.minusSeconds(1));
    Files.setLastModifiedTime(
        run.resolve(".incoming-attempt-3-growing/model.safetensors"), FileTime.from(limit));

    store.clear(under, limit);

    assertThat(names()).containsExactlyInAnyOrder("attempt-1", ".incoming-attempt-3-growing");
    assertThat(run.resolve("attempt-1/config.json")).exists();
  }

  @Test
  void there_is_nothing_to_clear_where_nothing_was_published() {
    store.clear(under, Instant.EPOCH);

    assertThat(folder.resolve("artifacts")).doesNotExist();
  }

  private static void age(Path directory, Instant time) throws IOException {
    try (var paths = Files.walk(directory)) {
      for (Path path : paths.toList()) {
        Files.setLastModifiedTime(path, FileTime.from(time));
      }
    }
  }

  @Test
  void finds_nothing_where_nothing_was_published() {
    assertThat(store.find(under, "attempt-1")).isEmpty();
  }

  @Test
  void gives_what_is_there_when_the_same_is_published_again() throws IOException {
    Published first = store.publish(model, under, "attempt-1");

    Published again = store.publish(model, under, "attempt-1");

    assertThat(again).isEqualTo(first);
    assertThat(names()).containsExactly("attempt-1");
  }

  @Test
  void refuses_other_content_under_a_name_that_is_taken() {
    Published first = store.publish(model, under, "attempt-1");
    Models.write(model.resolve("config.json"), "{\"other\": 1}");

    assertThatThrownBy(() -> store.publish(model, under, "attempt-1"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(first.manifest().rootDigest())
        .hasMessageContaining(Manifest.of(model).rootDigest());
    assertThat(store.find(under, "attempt-1")).contains(first);
  }

  @Test
  void names_by_digest_when_nobody_else_does() {
    Published published = store.publish(model, under);

    assertThat(published.uri().getPath())
        .endsWith("/sha256-" + Manifest.of(model).rootDigest() + "/");
  }

  @Test
  void lets_one_of_many_publish_when_all_do_at_once() throws Exception {
    int publishers = 4;
    var barrier = new CyclicBarrier(publishers);
    ExecutorService threads = Executors.newFixedThreadPool(publishers);

    Callable<Published> publish =
        () -> {
          barrier.await();
          return store.publish(model, under, "attempt-1");
        };
    List<Future<Published>> published =
        IntStream.range(0, publishers).mapToObj(i -> threads.submit(publish)).toList();

    for (Future<Published> one : published) {
      assertThat(one.get()).isEqualTo(store.find(under, "attempt-1").orElseThrow());
    }
    assertThat(names()).containsExactly("attempt-1");
    threads.shutdownNow();
  }

  @Test
  void leaves_nothing_visible_when_publishing_fails() throws IOException {
    Files.createSymbolicLink(model.resolve("link"), folder);

    assertThatThrownBy(() -> store.publish(model, under, "attempt-1"))
        .isInstanceOf(InvalidInputException.class);
    assertThat(names()).isEmpty();
    assertThat(store.find(under, "attempt-1")).isEmpty();
  }

  @Test
  void takes_no_remains_of_a_crash_for_an_artifact() throws IOException {
    Models.write(folder.resolve("artifacts/run/.incoming-attempt-1-crashed/config.json"), "{");

    assertThat(store.find(under, "attempt-1")).isEmpty();
    store.publish(model, under, "attempt-1");

    assertThat(store.find(under, "attempt-1")).isPresent();
  }

  @Test
  void says_that_another_attempt_may_help_when_the_file_system_fails() {
    Models.write(folder.resolve("artifacts"), "a file where a directory should be");

    assertThatThrownBy(() -> store.publish(model, under, "attempt-1"))
        .isInstanceOfSatisfying(
            WorkerException.class, failure -> assertThat(failure.retryable()).isTrue())
        .hasMessageContaining("attempt-1 cannot be written");
  }

  @Test
  void refuses_an_artifact_with_another_digest() {
    String wanted = "0".repeat(64);

    assertThatThrownBy(() -> store.fetch(model.toUri(), Optional.of(wanted), folder))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("wanted root digest " + wanted)
        .hasMessageContaining("found " + Manifest.of(model).rootDigest());
  }

  @Test
  void refuses_an_artifact_that_is_not_there() {
    URI nowhere = folder.resolve("nowhere").toUri();

    assertThatThrownBy(() -> store.fetch(nowhere, Optional.empty(), folder))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(nowhere + ": wanted a directory, found nothing");
  }

  @ParameterizedTest
  @CsvSource({
    "file:relative/model, absolute path",
    "file:///model?split=train, neither query nor fragment",
    "file:///model#part, neither query nor fragment",
    "file://host/model, names no host"
  })
  void refuses_uris_that_name_no_local_directory(URI uri, String problem) {
    assertThatThrownBy(() -> store.fetch(uri, Optional.empty(), folder))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(uri.toString())
        .hasMessageContaining(problem);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "../up", "a/b", "a\\b", ".incoming-a", "a b"})
  void refuses_names_that_are_not_plain(String name) {
    assertThatThrownBy(() -> store.publish(model, under, name))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("'" + name + "'");
  }

  @ParameterizedTest
  @CsvSource({
    "s3://bucket/model, found 's3'",
    "https://host/model, found 'https'",
    "/plain/path, found none"
  })
  void knows_no_other_scheme(URI uri, String problem) {
    assertThatThrownBy(() -> ArtifactStores.of(uri))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(uri + ": wanted a URI of scheme 'file'")
        .hasMessageContaining(problem);
  }

  private List<String> names() throws IOException {
    Path artifacts = Path.of(under);
    if (!Files.exists(artifacts)) {
      return List.of();
    }
    try (Stream<Path> paths = Files.list(artifacts)) {
      return paths.map(path -> path.getFileName().toString()).toList();
    }
  }
}
