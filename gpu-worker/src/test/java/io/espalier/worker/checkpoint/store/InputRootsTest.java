package io.espalier.worker.checkpoint.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.checkpoint.Listings;
import io.espalier.worker.checkpoint.Models;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.ResourceException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class InputRootsTest {
  @TempDir Path folder;

  private Path allowed;
  private Path secret;
  private InputRoots roots;

  @BeforeEach
  void an_allowed_directory_beside_a_secret() throws IOException {
    allowed = Files.createDirectories(folder.resolve("allowed"));
    secret = Files.createDirectories(folder.resolve("secret"));
    Files.writeString(secret.resolve("key.txt"), "secret");
    roots = InputRoots.of(List.of(allowed));
  }

  @Test
  void what_lies_below_an_allowed_directory_is_given_by_its_real_path() throws IOException {
    Path model = Files.createDirectories(allowed.resolve("models/a b"));
    Files.createSymbolicLink(allowed.resolve("latest"), model);

    assertThat(roots.require("input.uri", model.toUri())).isEqualTo(model);
    assertThat(roots.require("input.uri", uri(allowed + "/latest"))).isEqualTo(model);
    assertThat(roots.require("data.train", uri(allowed + "/latest?split=train"))).isEqualTo(model);
    assertThat(roots.require("input.uri", allowed.toUri())).isEqualTo(allowed);
  }

  @Test
  void what_lies_outside_is_refused_with_the_way_to_allow_it() {
    URI outside = secret.resolve("key.txt").toUri();

    assertThatThrownBy(() -> roots.require("data.train", outside))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("data.train")
        .hasMessageContaining(outside.toString())
        .hasMessageContaining(allowed.toString())
        .hasMessageContaining("--allow-root");
  }

  @Test
  void no_way_around_leads_outside() throws IOException {
    Files.createSymbolicLink(allowed.resolve("link"), secret);
    Files.createSymbolicLink(allowed.resolve("inner"), allowed.resolve("link/key.txt"));
    Files.createDirectories(folder.resolve("allowed-too"));

    for (String path :
        List.of("/link/key.txt", "/inner", "/../secret/key.txt", "/link/../secret", "-too")) {
      assertThatThrownBy(() -> roots.require("input.uri", uri(allowed + path)))
          .as(path)
          .isInstanceOf(InvalidInputException.class);
    }
  }

  @Test
  void whether_something_is_there_is_not_told_of_what_lies_outside() {
    assertThatThrownBy(() -> roots.require("input.uri", secret.resolve("none").toUri()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("lies outside");
  }

  @Test
  void what_is_allowed_and_not_there_may_be_there_for_another_worker() {
    InputRoots unmounted = InputRoots.of(List.of(folder.resolve("mnt/models")));

    for (InputRoots some : List.of(roots, unmounted)) {
      Path missing = some.allowed().get(0).resolve("resnet");
      assertThatThrownBy(() -> some.require("input.uri", missing.toUri()))
          .isInstanceOf(ResourceException.class)
          .hasMessageContaining(missing.toUri().toString())
          .hasMessageContaining("mounted");
    }
  }

  @Test
  void artifact_stores_are_allowed_and_by_default_nothing_else() {
    StoreMarker.write(folder.resolve("store").toUri());
    Models.write(folder.resolve("store/run/attempt-1/config.json"), "{}");
    URI published = folder.resolve("store/run/attempt-1").toUri();

    assertThat(InputRoots.stores().require("input.uri", published)).isEqualTo(Path.of(published));
    assertThatThrownBy(() -> InputRoots.stores().require("input.uri", allowed.toUri()))
        .isInstanceOf(InvalidInputException.class);
  }

  @Test
  void links_inside_a_directory_must_not_lead_outside_either() throws IOException {
    Files.createSymbolicLink(allowed.resolve("link.txt"), secret.resolve("key.txt"));

    assertThatThrownBy(() -> Listings.of(allowed, roots))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("link.txt");
  }

  @Test
  void uris_that_are_no_paths_are_refused() {
    for (String bad : List.of("file:relative", "file:///a%00b", "file:///" + "a".repeat(256))) {
      assertThatThrownBy(() -> roots.require("input.uri", URI.create(bad)))
          .as(bad)
          .isInstanceOf(InvalidInputException.class);
    }
  }

  private static URI uri(String path) {
    return URI.create("file://" + path);
  }
}
