package io.espalier.worker.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.espalier.worker.stage.ScoreShelf.Subject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ScoreShelfTest {
  private static final Subject ONE = new Subject("one", "cpu");

  @TempDir Path folder;

  @Test
  void scores_are_lent_to_jobs_on_the_same_model_and_target_alone() throws IOException {
    var shelf = shelf(10, 1000);
    shelf.keep(ONE, checkpoints("a.json", "scores"));

    assertThat(lent(shelf, ONE)).containsExactly("a.json");
    assertThat(lent(shelf, new Subject("two", "cpu"))).isEmpty();
    assertThat(lent(shelf, new Subject("one", "cuda"))).isEmpty();
  }

  @Test
  void resume_points_stay_with_their_run() throws IOException {
    var shelf = shelf(10, 1000);
    Path checkpoints = checkpoints("a.json", "scores");
    Files.writeString(checkpoints.resolve("training.safetensors"), "resume here");
    Files.writeString(checkpoints.resolve("a.json.new"), "cut off");

    shelf.keep(ONE, checkpoints);

    assertThat(lent(shelf, ONE)).containsExactly("a.json");
  }

  @Test
  void what_a_resumed_job_has_measured_itself_is_not_replaced() throws IOException {
    var shelf = shelf(10, 1000);
    shelf.keep(ONE, checkpoints("a.json", "from the shelf"));
    Path own = checkpoints("a.json", "its own");

    shelf.lend(ONE, own);

    assertThat(own.resolve("a.json")).hasContent("its own");
  }

  @Test
  void newer_scores_of_a_name_replace_older_ones() throws IOException {
    var shelf = shelf(10, 1000);
    shelf.keep(ONE, checkpoints("a.json", "two axes"));
    shelf.keep(ONE, checkpoints("a.json", "all axes"));
    Path lent = folder.resolve("lent");

    shelf.lend(ONE, lent);

    assertThat(lent.resolve("a.json")).hasContent("all axes");
  }

  @Test
  void the_longest_unused_are_removed_beyond_the_number_that_is_kept() throws IOException {
    var shelf = shelf(2, 1000);
    for (String model : List.of("one", "two")) {
      shelf.keep(new Subject(model, "cpu"), checkpoints(model + ".json", "scores"));
    }
    makeOld();
    lent(shelf, ONE);

    shelf.keep(new Subject("three", "cpu"), checkpoints("three.json", "scores"));

    assertThat(lent(shelf, ONE)).containsExactly("one.json");
    assertThat(lent(shelf, new Subject("two", "cpu"))).isEmpty();
    assertThat(lent(shelf, new Subject("three", "cpu"))).containsExactly("three.json");
  }

  @Test
  void the_longest_unused_are_removed_beyond_the_bytes_that_are_kept() throws IOException {
    var shelf = shelf(10, 12);
    shelf.keep(ONE, checkpoints("a.json", "1234567"));
    makeOld();

    shelf.keep(new Subject("two", "cpu"), checkpoints("b.json", "123456"));

    assertThat(lent(shelf, ONE)).isEmpty();
    assertThat(lent(shelf, new Subject("two", "cpu"))).containsExactly("b.json");
  }

  @Test
  void a_shelf_that_cannot_be_written_fails_no_job() throws IOException {
    Files.writeString(folder.resolve("shelf"), "a file");
    Path checkpoints = checkpoints("a.json", "scores");

    assertThatCode(() -> shelf(1, 1).keep(ONE, checkpoints)).doesNotThrowAnyException();
    assertThatCode(() -> shelf(1, 1).lend(ONE, checkpoints)).doesNotThrowAnyException();
  }

  private ScoreShelf shelf(int files, long bytes) {
    return new ScoreShelf(folder.resolve("shelf"), files, bytes);
  }

  private Path checkpoints(String name, String text) throws IOException {
    Path checkpoints = Files.createTempDirectory(folder, "checkpoints-");
    Files.writeString(checkpoints.resolve(name), text);
    return checkpoints;
  }

  private List<String> lent(ScoreShelf shelf, Subject subject) throws IOException {
    Path to = Files.createTempDirectory(folder, "lent-");
    shelf.lend(subject, to);
    try (var files = Files.list(to)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private void makeOld() throws IOException {
    try (var files = Files.walk(folder.resolve("shelf"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.setLastModifiedTime(file, FileTime.from(Instant.EPOCH));
      }
    }
  }
}
