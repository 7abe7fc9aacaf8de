package io.espalier.worker.checkpoint.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.ResourceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RootsFileTest {
  @TempDir Path folder;

  private Path file;
  private Path models;
  private InputRoots roots;

  @BeforeEach
  void a_worker_that_follows_a_list_which_is_not_there_yet() throws IOException {
    file = folder.resolve("allowed-roots");
    models = Files.createDirectories(folder.resolve("models"));
    roots = InputRoots.stores().with(new RootsFile(file));
  }

  @Test
  void what_is_added_later_by_somebody_else_may_be_read_from_then_on() {
    assertThatThrownBy(() -> roots.require("input.uri", models.toUri()))
        .isInstanceOf(InvalidInputException.class);

    new RootsFile(file).add(List.of(models));

    assertThat(roots.require("input.uri", models.toUri())).isEqualTo(models);
    assertThatThrownBy(() -> roots.require("input.uri", folder.toUri()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("lies outside")
        .hasMessageContaining(models.toString());
  }

  @Test
  void the_list_is_no_part_of_what_must_be_there_for_the_worker_to_work() {
    new RootsFile(file).add(List.of(folder.resolve("gone")));

    assertThat(roots.allowed()).isEmpty();
  }

  @Test
  void what_is_covered_already_is_not_listed_again() {
    var list = new RootsFile(file);

    list.add(List.of(models, models));
    list.add(List.of(models.resolve("resnet"), folder.resolve("models-too")));

    assertThat(file).content().isEqualTo(models + "\n" + folder.resolve("models-too") + "\n");
    assertThat(list.roots()).containsExactly(models, folder.resolve("models-too"));
  }

  @Test
  void lines_that_are_no_absolute_path_allow_nothing() throws IOException {
    Files.writeString(file, "\nmodels\n..\n" + models + "\n");

    assertThat(new RootsFile(file).roots()).containsExactly(models);
  }

  @Test
  void a_name_with_a_line_break_cannot_bring_in_a_line_of_its_own() {
    assertThatThrownBy(() -> new RootsFile(file).add(List.of(Path.of("/data\n/etc"))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("line breaks");
    assertThat(file).doesNotExist();
  }

  @Test
  void a_list_that_cannot_be_read_is_a_lack_of_resources() throws IOException {
    Files.createDirectories(file);

    assertThatThrownBy(() -> roots.require("input.uri", models.toUri()))
        .isInstanceOf(ResourceException.class)
        .hasMessageContaining(file.toString());
  }
}
