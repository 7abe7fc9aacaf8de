package io.espalier.worker.checkpoint.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.checkpoint.Models;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.domain.StopCheck;
import io.espalier.worker.domain.WorkerException;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
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
    StoreMarker.write(folder.resolve("artifacts").toUri());
    store = ArtifactStores.of(under);
  }

  @Test
  void publishes_a_copy_that_is_found_and_fetched() throws IOException {
    Published published = publish("attempt-1");

    assertThat(published.manifest()).isEqualTo(Manifest.of(model));
    assertThat(store.find(under, "attempt-1", StopCheck.NEVER)).contains(published);
    Path fetched = store.fetch(published.uri(), folder.resolve("scratch"), StopCheck.NEVER);
    assertThat(fetched).isEqualTo(folder.resolve("artifacts/run/attempt-1"));
    assertThat(fetched.resolve("tokenizer/vocab.txt")).hasContent("words");
    assertThat(model).isNotEmptyDirectory();
    assertThat(names()).containsExactly("attempt-1");
  }

  @Test
  void finds_nothing_where_nothing_was_published() {
    assertThat(store.find(under, "attempt-1", StopCheck.NEVER)).isEmpty();
  }

  @Test
  void gives_what_is_there_when_the_same_is_published_again() throws IOException {
    Published first = publish("attempt-1");

    Published again = publish("attempt-1");

    assertThat(again).isEqualTo(first);
    assertThat(names()).containsExactly("attempt-1");
  }

  @Test
  void refuses_other_content_under_a_name_that_is_taken() {
    Published first = publish("attempt-1");
    Models.write(model.resolve("config.json"), "{\"other\": 1}");

    assertThatThrownBy(() -> publish("attempt-1"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(first.manifest().rootDigest())
        .hasMessageContaining(Manifest.of(model).rootDigest());
    assertThat(store.find(under, "attempt-1", StopCheck.NEVER)).contains(first);
  }

  @Test
  void lets_one_of_many_publish_when_all_do_at_once() throws Exception {
    int publishers = 4;
    var barrier = new CyclicBarrier(publishers);
    ExecutorService threads = Executors.newFixedThreadPool(publishers);

    Callable<Published> publish =
        () -> {
          barrier.await();
          return publish("attempt-1");
        };
    List<Future<Published>> published =
        IntStream.range(0, publishers).mapToObj(i -> threads.submit(publish)).toList();

    for (Future<Published> one : published) {
      assertThat(one.get())
          .isEqualTo(store.find(under, "attempt-1", StopCheck.NEVER).orElseThrow());
    }
    assertThat(names()).containsExactly("attempt-1");
    threads.shutdownNow();
  }

  @Test
  void leaves_nothing_visible_when_publishing_fails() throws IOException {
    Files.createSymbolicLink(model.resolve("link"), folder);

    assertThatThrownBy(() -> publish("attempt-1")).isInstanceOf(InvalidInputException.class);
    assertThat(names()).isEmpty();
    assertThat(store.find(under, "attempt-1", StopCheck.NEVER)).isEmpty();
  }

  @Test
  void takes_no_remains_of_a_crash_for_an_artifact() throws IOException {
    Models.write(folder.resolve("artifacts/run/.incoming-attempt-1-crashed/config.json"), "{");

    assertThat(store.find(under, "attempt-1", StopCheck.NEVER)).isEmpty();
    publish("attempt-1");

    assertThat(store.find(under, "attempt-1", StopCheck.NEVER)).isPresent();
  }

  @Test
  void says_that_another_attempt_may_help_when_the_file_system_fails() {
    Models.write(folder.resolve("artifacts/run"), "a file where a directory should be");

    assertThatThrownBy(() -> publish("attempt-1"))
        .isInstanceOf(ResourceException.class)
        .hasMessageContaining("attempt-1 cannot be written");
  }

  @Test
  void an_artifact_that_is_not_there_may_be_there_for_another_worker() {
    URI nowhere = folder.resolve("nowhere").toUri();

    assertThatThrownBy(() -> store.fetch(nowhere, folder, StopCheck.NEVER))
        .isInstanceOf(ResourceException.class)
        .hasMessageContaining(nowhere + ": wanted a directory")
        .hasMessageContaining("mounted");
  }

  @Test
  void refuses_a_file_where_a_directory_should_be() {
    URI file = model.resolve("config.json").toUri();

    assertThatThrownBy(() -> store.fetch(file, folder, StopCheck.NEVER))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(file + ": wanted a directory, found a file");
  }

  @Test
  void publishes_in_no_store_that_was_not_set_up_and_makes_no_directory_there() {
    URI elsewhere = folder.resolve("mnt/artifacts/run").toUri();

    assertThatThrownBy(() -> store.publish(draft(), elsewhere, "attempt-1", StopCheck.NEVER))
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining(elsewhere.toString())
        .hasMessageContaining("mounted")
        .hasMessageContaining("espalier setup --artifacts")
        .extracting(e -> ((WorkerException) e).retryable())
        .isEqualTo(true);
    assertThat(folder.resolve("mnt")).doesNotExist();
  }

  @Test
  void takes_a_directory_that_may_be_moved_itself_with_the_rights_of_a_copy() throws IOException {
    Path draft = folder.resolve("private/output");
    Models.write(draft.resolve("tokenizer/vocab.txt"), "words");
    Object inode = Files.getAttribute(draft.resolve("tokenizer/vocab.txt"), "unix:ino");
    Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("rwx------"));
    Files.setPosixFilePermissions(
        draft.resolve("tokenizer/vocab.txt"), PosixFilePermissions.fromString("rw-------"));
    Path asUsual = Files.writeString(folder.resolve("as-usual"), "");

    store.publish(Draft.toMove(draft, Manifest.of(draft)), under, "attempt-1", StopCheck.NEVER);

    Path file = folder.resolve("artifacts/run/attempt-1/tokenizer/vocab.txt");
    assertThat(Files.getAttribute(file, "unix:ino")).isEqualTo(inode);
    assertThat(Files.getPosixFilePermissions(file))
        .isEqualTo(Files.getPosixFilePermissions(asUsual));
    assertThat(Files.getPosixFilePermissions(file.getParent().getParent()))
        .isEqualTo(Files.getPosixFilePermissions(folder.resolve("artifacts/run")));
    assertThat(draft).doesNotExist();
    assertThat(names()).containsExactly("attempt-1");
  }

  @Test
  void copies_what_something_else_still_leads_to() throws IOException {
    Files.createLink(folder.resolve("hard"), model.resolve("config.json"));
    Files.createSymbolicLink(model.resolve("soft"), Path.of("config.json"));

    store.publish(Draft.toMove(model, Manifest.of(model)), under, "attempt-1", StopCheck.NEVER);
    Files.writeString(folder.resolve("hard"), "changed");

    Path published = folder.resolve("artifacts/run/attempt-1");
    assertThat(published.resolve("config.json")).hasContent("{}");
    assertThat(published.resolve("soft")).hasContent("{}").isRegularFile();
    assertThat(Files.isSymbolicLink(published.resolve("soft"))).isFalse();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void copies_from_another_file_system() throws IOException {
    Path other = Files.createTempDirectory(Path.of("/dev/shm"), "espalier-");
    try {
      assumeThat(Files.getFileStore(other)).isNotEqualTo(Files.getFileStore(folder));
      Models.write(other.resolve("output/config.json"), "{}");
      Path output = other.resolve("output");

      Published published =
          store.publish(
              Draft.toMove(output, Manifest.of(output)), under, "attempt-1", StopCheck.NEVER);

      assertThat(folder.resolve("artifacts/run/attempt-1/config.json")).hasContent("{}");
      assertThat(published.manifest()).isEqualTo(Manifest.of(Path.of(published.uri())));
    } finally {
      FileArtifactStore.delete(other);
    }
  }

  @Test
  void what_changes_while_it_is_copied_is_not_published() {
    Draft draft = draft();
    Models.write(model.resolve("config.json"), "{\"changed\": 1}");

    assertThatThrownBy(() -> store.publish(draft, under, "attempt-1", StopCheck.NEVER))
        .isInstanceOf(ResourceException.class)
        .hasMessageContaining("was changed while it was being published");
    assertThat(store.find(under, "attempt-1", StopCheck.NEVER)).isEmpty();
  }

  @Test
  void a_request_to_stop_right_before_the_end_publishes_nothing() throws IOException {
    var asked = new AtomicInteger();
    StopCheck last = stopAt(asked, Integer.MAX_VALUE);
    store.publish(draft(), under, "counting", last);
    int checks = asked.get();
    asked.set(0);

    assertThatThrownBy(() -> store.publish(draft(), under, "attempt-1", stopAt(asked, checks)))
        .isInstanceOf(WorkerException.class)
        .hasMessage("stop");
    assertThat(names()).containsExactly("counting");
  }

  @Test
  void copying_a_large_file_ends_within_a_second_of_the_request() throws Exception {
    sparse(model.resolve("weights"), 200L << 30);
    var asked = new AtomicBoolean();
    StopCheck stop =
        () -> {
          if (asked.get()) {
            throw new WorkerException("stop", false, null);
          }
        };
    var draft = Draft.toCopy(model, new Manifest(List.of()));
    var publishing =
        CompletableFuture.runAsync(() -> store.publish(draft, under, "attempt-1", stop));
    await().until(() -> !names().isEmpty());

    asked.set(true);

    await().atMost(Duration.ofSeconds(1)).until(publishing::isDone);
    assertThatThrownBy(publishing::join).hasCauseInstanceOf(WorkerException.class);
    assertThat(names()).isEmpty();
  }

  private static StopCheck stopAt(AtomicInteger asked, int last) {
    return () -> {
      if (asked.incrementAndGet() == last) {
        throw new WorkerException("stop", false, null);
      }
    };
  }

  static void sparse(Path file, long bytes) throws IOException {
    try (var channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[] {1}), bytes - 1);
    }
  }

  private Published publish(String name) {
    return store.publish(draft(), under, name, StopCheck.NEVER);
  }

  private Draft draft() {
    return Draft.toCopy(model, Manifest.of(model));
  }

  @ParameterizedTest
  @CsvSource({
    "file:relative/model, absolute path",
    "file:///model?split=train, neither query nor fragment",
    "file:///model#part, neither query nor fragment",
    "file://host/model, names no host"
  })
  void refuses_uris_that_name_no_local_directory(URI uri, String problem) {
    assertThatThrownBy(() -> store.fetch(uri, folder, StopCheck.NEVER))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(uri.toString())
        .hasMessageContaining(problem);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "../up", "a/b", "a\\b", ".incoming-a", "a b"})
  void refuses_names_that_are_not_plain(String name) {
    assertThatThrownBy(() -> publish(name))
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
    Path artifacts = folder.resolve("artifacts/run");
    if (!Files.exists(artifacts)) {
      return List.of();
    }
    try (Stream<Path> paths = Files.list(artifacts)) {
      return paths.map(path -> path.getFileName().toString()).toList();
    }
  }
}
