package io.espalier.standalone.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests against answers of huggingface_hub, from {@code golden/hub-cache/make.py}. */
class HubCacheTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String A = "1f3c" + "0".repeat(36);
  private static final String B = "1f3d" + "1".repeat(36);

  @TempDir Path folder;

  private static JsonNode expected() {
    try (InputStream in =
        Objects.requireNonNull(
            HubCacheTest.class.getResourceAsStream("/golden/hub-cache/expected.json"))) {
      return JSON.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Stream<JsonNode> places() {
    return StreamSupport.stream(expected().path("places").spliterator(), false);
  }

  static Stream<JsonNode> asked() {
    return StreamSupport.stream(expected().path("snapshots").path("asked").spliterator(), false);
  }

  @BeforeEach
  void a_cache_with_three_commits() throws IOException {
    Path repository = folder.resolve("models--acme--tiny");
    for (JsonNode commit : expected().path("snapshots").path("commits")) {
      Files.createDirectories(repository.resolve("snapshots").resolve(commit.textValue()));
    }
    for (var reference : expected().path("snapshots").path("references").properties()) {
      Path file = repository.resolve("refs").resolve(reference.getKey());
      Files.createDirectories(file.getParent());
      Files.writeString(file, reference.getValue().textValue());
    }
  }

  private Path found(String model) {
    return new HubCache(folder).directory(model);
  }

  @ParameterizedTest
  @MethodSource("places")
  void the_cache_lies_where_huggingface_hub_looks(JsonNode place) {
    Map<String, String> environment =
        JSON.convertValue(place.path("environment"), new TypeReference<>() {});

    assertThat(HubCache.of(environment).folder()).hasToString(place.path("cache").textValue());
  }

  @ParameterizedTest
  @MethodSource("asked")
  void a_revision_is_the_snapshot_that_huggingface_hub_takes(JsonNode asked) {
    String revision = asked.path("revision").textValue();
    String model = revision == null ? "acme/tiny" : "acme/tiny@" + revision;
    String snapshot = asked.path("snapshot").textValue();

    if (snapshot == null) {
      assertThatThrownBy(() -> found(model)).isInstanceOf(InvalidInputException.class);
    } else {
      assertThat(found(model)).isEqualTo(folder.resolve(snapshot));
    }
  }

  @Test
  void a_short_commit_is_enough_if_only_one_begins_so() {
    assertThat(found("acme/tiny@1f3c").getFileName()).hasToString(A);
    assertThat(found("acme/tiny@1f3d1").getFileName()).hasToString(B);
  }

  @Test
  void a_short_commit_that_two_begin_with_names_both() throws IOException {
    Files.createDirectories(
        folder.resolve("models--acme--tiny/snapshots").resolve("1f3c" + "5".repeat(36)));

    assertThatThrownBy(() -> found("acme/tiny@1f3c"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContainingAll("wanted one commit, found 2", "1f3c000 (main), 1f3c555");
  }

  @Test
  void a_revision_that_is_not_there_is_told_with_those_that_are_and_how_to_get_it() {
    assertThatThrownBy(() -> found("acme/tiny@v2.0"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContainingAll(
            "wanted revision 'v2.0'",
            folder.resolve("models--acme--tiny").toString(),
            "1f3c000 (main), 1f3d111 (v1.0), 9abc222 (feature/x, refs/pr/7)",
            "`hf download acme/tiny --revision v2.0`");
  }

  @Test
  void a_model_that_was_never_downloaded_is_told_with_the_place_and_how_to_get_it() {
    assertThatThrownBy(() -> found("acme/other"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContainingAll(
            "no models--acme--other in " + folder, "run `hf download acme/other`");
  }

  @Test
  void a_model_without_main_is_told_with_what_is_there() throws IOException {
    Files.delete(folder.resolve("models--acme--tiny/refs/main"));

    assertThatThrownBy(() -> found("acme/tiny"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContainingAll("wanted revision 'main'", "1f3c000, 1f3d111 (v1.0)");
  }

  @Test
  void a_snapshot_that_was_removed_is_no_longer_what_its_branch_means() throws IOException {
    Files.delete(folder.resolve("models--acme--tiny/snapshots").resolve(A));

    assertThatThrownBy(() -> found("acme/tiny"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("wanted revision 'main', found none");
  }

  @Test
  void a_branch_comes_before_a_commit_that_begins_like_it() throws IOException {
    Files.writeString(folder.resolve("models--acme--tiny/refs/9abc"), B);

    assertThat(found("acme/tiny@9abc").getFileName()).hasToString(B);
  }

  @Test
  void a_model_without_an_organisation_is_found_too() throws IOException {
    Path repository = folder.resolve("models--gpt2");
    Files.createDirectories(repository.resolve("snapshots").resolve(A));
    Files.createDirectories(repository.resolve("refs"));
    Files.writeString(repository.resolve("refs/main"), A + "\n");

    assertThat(found("gpt2")).isEqualTo(repository.resolve("snapshots").resolve(A));
  }

  @ParameterizedTest
  @ValueSource(strings = {"target", "src/main", "src/../src/main", "./target"})
  void a_path_that_is_there_wins(String path) throws IOException {
    Files.createDirectories(folder.resolve("models--src--main/snapshots").resolve(A));

    assertThat(found(path)).isEqualTo(Path.of(path));
  }

  @Test
  void the_folder_of_a_model_in_the_cache_is_its_main_branch() {
    Path repository = folder.resolve("models--acme--tiny");

    assertThat(found(repository.toString())).isEqualTo(repository.resolve("snapshots").resolve(A));
  }

  /** Whoever opens the directory says that there is none. */
  @ParameterizedTest
  @ValueSource(
      strings = {"/nowhere/model", "./acme/tiny", "a/b/c", "acme--x/tiny", "../tiny", "x.git"})
  void what_can_only_be_a_path_is_one(String path) {
    assertThat(found(path)).isEqualTo(Path.of(path));
  }

  @ParameterizedTest
  @CsvSource({"acme/tiny@../../..", "acme/tiny@..", "acme/tiny@snapshots", "acme/tiny@9ab"})
  void a_revision_leads_nowhere_else(String model) {
    assertThatThrownBy(() -> found(model))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("wanted revision '");
  }
}
