package io.espalier.worker.stage.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.stage.prune.ScoreShelf.Subject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ScoreShelfTest {
  private static final Subject ONE = new Subject("one", "cpu");

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  @Test
  void scores_are_lent_to_jobs_on_the_same_model_and_target_alone() throws IOException {
    var shelf = shelf(10, 1000);
    keep(shelf, ONE, checkpoints("a.json", "scores"));

    assertThat(lent(shelf, ONE)).containsExactly("a.json");
    assertThat(lent(shelf, new Subject("two", "cpu"))).isEmpty();
    assertThat(lent(shelf, new Subject("one", "cuda"))).isEmpty();
  }

  @Test
  void a_job_that_measures_nothing_more_had_enough_and_one_that_measures_had_not()
      throws IOException {
    var shelf = shelf(10, 1000);
    ScoreShelf.Loan first = shelf.lend(ONE, checkpoints("a.json", "all axes"));
    first.keep();
    Path second = Files.createTempDirectory(folder, "second-");
    Path third = Files.createTempDirectory(folder, "third-");

    ScoreShelf.Loan enough = shelf.lend(ONE, second);
    Files.writeString(second.resolve("a.json"), "all axes"); // as it was, but written again
    enough.keep();
    ScoreShelf.Loan more = shelf.lend(ONE, third);
    Files.writeString(third.resolve("b.json"), "of another algorithm");
    more.keep();

    assertThat(first.sufficed()).isFalse();
    assertThat(enough.sufficed()).isTrue();
    assertThat(more.sufficed()).isFalse();
  }

  @Test
  void resume_points_stay_with_their_run() throws IOException {
    var shelf = shelf(10, 1000);
    Path checkpoints = checkpoints("a.json", "scores");
    Files.writeString(checkpoints.resolve("training.safetensors"), "resume here");
    Files.writeString(checkpoints.resolve("a.json.new"), "cut off");

    keep(shelf, ONE, checkpoints);

    assertThat(lent(shelf, ONE)).containsExactly("a.json");
  }

  @Test
  void what_a_resumed_job_has_measured_itself_is_not_replaced() throws IOException {
    var shelf = shelf(10, 1000);
    keep(shelf, ONE, checkpoints("a.json", "from the shelf"));
    Path own = checkpoints("a.json", "its own");

    shelf.lend(ONE, own);

    assertThat(own.resolve("a.json")).hasContent("its own");
  }

  @Test
  void newer_scores_of_a_name_replace_older_ones() throws IOException {
    var shelf = shelf(10, 1000);
    keep(shelf, ONE, checkpoints("a.json", "two axes"));
    keep(shelf, ONE, checkpoints("a.json", "all axes"));
    Path lent = folder.resolve("lent");

    shelf.lend(ONE, lent);

    assertThat(lent.resolve("a.json")).hasContent("all axes");
  }

  @Test
  void the_longest_unused_are_removed_beyond_the_number_that_is_kept() throws IOException {
    var shelf = shelf(2, 1000);
    for (String model : List.of("one", "two")) {
      keep(shelf, new Subject(model, "cpu"), checkpoints(model + ".json", "scores"));
    }
    makeOld();
    lent(shelf, ONE);

    keep(shelf, new Subject("three", "cpu"), checkpoints("three.json", "scores"));

    assertThat(lent(shelf, ONE)).containsExactly("one.json");
    assertThat(lent(shelf, new Subject("two", "cpu"))).isEmpty();
    assertThat(lent(shelf, new Subject("three", "cpu"))).containsExactly("three.json");
  }

  @Test
  void the_longest_unused_are_removed_beyond_the_bytes_that_are_kept() throws IOException {
    var shelf = shelf(10, 12);
    keep(shelf, ONE, checkpoints("a.json", "1234567"));
    makeOld();

    keep(shelf, new Subject("two", "cpu"), checkpoints("b.json", "123456"));

    assertThat(lent(shelf, ONE)).isEmpty();
    assertThat(lent(shelf, new Subject("two", "cpu"))).containsExactly("b.json");
  }

  @Test
  void a_shelf_that_cannot_be_written_fails_no_job() throws IOException {
    Files.writeString(folder.resolve("shelf"), "a file");
    Path checkpoints = checkpoints("a.json", "scores");

    assertThatCode(() -> shelf(1, 1).lend(ONE, checkpoints).keep()).doesNotThrowAnyException();
    assertThatThrownBy(() -> shelf(1, 1).requireWritable())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(folder.resolve("shelf").toString())
        .hasMessageContaining("no folder");
    assertThatThrownBy(() -> new ScoreShelf(Path.of("/proc/x")).requireWritable())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("/proc/x");
  }

  @Test
  void a_shelf_that_can_be_written_is_left_as_it_was() {
    shelf(1, 1).requireWritable();

    assertThat(folder.resolve("shelf")).isEmptyDirectory();
  }

  @Test
  void a_part_of_what_another_job_has_shelved_meanwhile_replaces_nothing() throws IOException {
    var shelf = shelf(10, 1000);
    Path early = Files.createTempDirectory(folder, "early-");
    ScoreShelf.Loan loan = shelf.lend(ONE, early);
    keep(shelf, ONE, checkpoints("a.json", map("p", "\"x\": 1, \"y\": 2")));

    Files.writeString(early.resolve("a.json"), map("p", "\"x\": 1"));
    loan.keep();
    loan.keep();

    assertThat(held(shelf)).isEqualTo(JSON.readTree(map("p", "\"x\": 1, \"y\": 2")));
  }

  @Test
  void what_two_jobs_have_measured_of_the_same_thing_is_united() throws IOException {
    var shelf = shelf(10, 1000);
    Path early = Files.createTempDirectory(folder, "early-");
    ScoreShelf.Loan loan = shelf.lend(ONE, early);
    keep(shelf, ONE, checkpoints("a.json", map("p", "\"x\": 1, \"y\": 2")));

    for (String scores : List.of("\"x\": 3", "\"x\": 3, \"z\": 4")) {
      Files.writeString(early.resolve("a.json"), map("p", scores));
      loan.keep();
    }

    assertThat(held(shelf)).isEqualTo(JSON.readTree(map("p", "\"x\": 3, \"y\": 2, \"z\": 4")));
  }

  @Test
  void of_scores_that_hold_for_different_things_the_longer_stay() throws IOException {
    for (String other : List.of(map("q", "\"x\": 1"), "{", "[]")) {
      var shelf = new ScoreShelf(Files.createTempDirectory(folder, "shelf-"));
      Path early = Files.createTempDirectory(folder, "early-");
      ScoreShelf.Loan loan = shelf.lend(ONE, early);
      keep(shelf, ONE, checkpoints("a.json", map("p", "\"x\": 1, \"y\": 2")));

      Files.writeString(early.resolve("a.json"), other);
      loan.keep();

      assertThat(held(shelf)).isEqualTo(JSON.readTree(map("p", "\"x\": 1, \"y\": 2")));
    }
  }

  @Test
  void what_a_job_has_refused_and_measured_anew_is_replaced_though_it_is_longer()
      throws IOException {
    var shelf = shelf(10, 1000);
    keep(shelf, ONE, checkpoints("a.json", map("p", "\"x\": -1, \"y\": 2")));
    Path job = Files.createTempDirectory(folder, "job-");
    ScoreShelf.Loan loan = shelf.lend(ONE, job);

    Files.writeString(job.resolve("a.json"), map("p", "\"x\": 1"));
    loan.keep();

    assertThat(held(shelf)).isEqualTo(JSON.readTree(map("p", "\"x\": 1")));
  }

  private static String map(String fingerprint, String axes) {
    return "{\"fingerprint\": \"%s\", \"axes\": {%s}}".formatted(fingerprint, axes);
  }

  private JsonNode held(ScoreShelf shelf) throws IOException {
    Path to = Files.createTempDirectory(folder, "held-");
    shelf.lend(ONE, to);
    return JSON.readTree(to.resolve("a.json").toFile());
  }

  /** A job that begins with what is known and leaves what is in a folder. */
  private void keep(ScoreShelf shelf, Subject subject, Path left) throws IOException {
    Path job = Files.createTempDirectory(folder, "job-");
    ScoreShelf.Loan loan = shelf.lend(subject, job);
    try (var files = Files.list(left)) {
      for (Path file : files.toList()) {
        Files.copy(file, job.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    loan.keep();
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
