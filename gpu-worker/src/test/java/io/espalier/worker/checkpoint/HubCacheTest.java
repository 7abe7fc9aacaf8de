package io.espalier.worker.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models in the cache of Hugging Face's hub, whose files are links. */
final class HubCacheTest {
  @TempDir private Path folder;
  private Path plain;
  private Path repository;
  private Path snapshot;

  @BeforeEach
  void make_a_cache() throws IOException {
    plain = Files.createDirectories(folder.resolve("plain"));
    Models.single(plain, Map.of("a", Models.numbered(3)));
    Files.createDirectory(plain.resolve("1_Pooling"));
    Models.write(plain.resolve("1_Pooling/config.json"), "{}");
    repository = folder.resolve("hub/models--org--name");
    snapshot =
        Files.createDirectories(repository.resolve("snapshots/0123abcd/1_Pooling")).getParent();
    Files.createDirectory(repository.resolve("blobs"));
    link("config.json", "../../blobs/c0");
    link("model.safetensors", "../../blobs/f1");
    link("1_Pooling/config.json", "../../../blobs/p2");
  }

  private void link(String name, String target) throws IOException {
    Path link = snapshot.resolve(name);
    Files.createSymbolicLink(link, Path.of(target));
    Files.copy(plain.resolve(name), link.resolveSibling(target));
  }

  @Test
  void a_snapshot_opens_and_has_the_digest_of_the_same_files_elsewhere() {
    ModelDirectory opened = ModelDirectory.open(snapshot);

    assertThat(opened.read("a").bytes()).isEqualTo(Models.numbered(3).bytes());
    assertThat(Manifest.of(snapshot)).isEqualTo(Manifest.of(plain));
    assertThat(opened.rootDigest()).isEqualTo(ModelDirectory.open(plain).rootDigest());
  }

  @Test
  void a_link_to_a_snapshot_opens_too() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link"), snapshot);

    assertThat(Manifest.of(link)).isEqualTo(Manifest.of(plain));
  }

  @Test
  void links_to_files_of_other_repositories_and_other_places_are_refused() throws IOException {
    Path other = Files.createDirectories(folder.resolve("hub/models--org--other/blobs"));
    Models.write(other.resolve("s3"), "{}");
    Models.write(folder.resolve("secret"), "{}");
    Models.write(repository.resolve("beside"), "{}");
    Files.createSymbolicLink(
        snapshot.resolve("other.json"), Path.of("../../../models--org--other/blobs/s3"));
    Files.createSymbolicLink(snapshot.resolve("secret.json"), Path.of("../../../../secret"));
    Files.createSymbolicLink(snapshot.resolve("beside.json"), Path.of("../../beside"));

    assertThatThrownBy(() -> ModelDirectory.open(snapshot))
        .isInstanceOfSatisfying(
            InvalidInputException.class,
            refusal ->
                assertThat(refusal.problems())
                    .hasSize(3)
                    .allSatisfy(
                        problem ->
                            assertThat(problem)
                                .contains(".json: symbolic link out of the directory")));
  }

  @Test
  void a_file_of_the_cache_that_leads_out_of_it_is_refused() throws IOException {
    Models.write(folder.resolve("secret"), "{}");
    Files.createSymbolicLink(repository.resolve("blobs/s4"), folder.resolve("secret"));
    Files.createSymbolicLink(snapshot.resolve("vocab.json"), Path.of("../../blobs/s4"));

    assertThatThrownBy(() -> ModelDirectory.open(snapshot))
        .hasMessageContaining("vocab.json: symbolic link out of the directory");
  }

  @Test
  void files_that_lie_elsewhere_by_a_link_of_their_folder_are_refused() throws IOException {
    Files.move(repository.resolve("blobs"), folder.resolve("moved"));
    Files.createSymbolicLink(repository.resolve("blobs"), folder.resolve("moved"));

    assertThatThrownBy(() -> ModelDirectory.open(snapshot))
        .hasMessageContaining("model.safetensors: symbolic link out of the directory");
  }

  @Test
  void a_directory_with_another_place_in_the_cache_is_no_snapshot() throws IOException {
    Path elsewhere = repository.resolve("copies/0123abcd");
    Files.createDirectories(elsewhere);
    Files.createSymbolicLink(elsewhere.resolve("config.json"), Path.of("../../blobs/c0"));

    assertThatThrownBy(() -> ModelDirectory.open(elsewhere))
        .hasMessageContaining("config.json: symbolic link out of the directory");
  }
}
