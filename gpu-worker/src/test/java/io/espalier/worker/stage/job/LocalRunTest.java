package io.espalier.worker.stage.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.stage.StageResult;
import io.espalier.worker.stage.Stop;
import io.espalier.worker.stage.TestStageProcess;
import io.espalier.worker.stage.prune.ScoreShelf;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LocalRunTest {
  private static final LocalRun.Listener NOBODY = (step, kind, progress) -> {};

  @TempDir Path folder;

  private static final ChildJvm CHILD =
      new ChildJvm(
          ChildSettings.of(64, 1)
              .withMainClass(TestStageProcess.class.getName())
              .withOptions(List.of("-XX:TieredStopAtLevel=1")));

  private final LocalRun local = new LocalRun(CHILD, TestStageProcess.stages());
  private final List<String> heard = new ArrayList<>();

  @BeforeEach
  void a_model() throws IOException {
    Files.createDirectories(folder.resolve("input"));
    Files.writeString(folder.resolve("input/config.json"), "model ");
  }

  @Test
  void each_stage_goes_on_from_the_one_before_and_only_the_last_model_is_left() throws IOException {
    var steps = List.of(prune("\"a\""), new LocalRun.Step(StageKind.EVALUATE, "{}"), prune("1"));

    List<StageResult> results = run(steps);

    assertThat(results).extracting(StageResult::report).hasSize(3);
    assertThat(folder.resolve("output/config.json")).hasContent("model pruned 5pruned 5");
    assertThat(heard).contains("0 prune search", "1 evaluate search", "2 prune search");
    assertThat(children()).containsExactlyInAnyOrder("input", "output");
  }

  @Test
  void scores_are_on_the_shelf_while_the_stage_still_runs() throws IOException {
    Path shelf = folder.resolve("shelf");
    var shelved = new ArrayList<Boolean>();
    var run = new LocalRun(CHILD, TestStageProcess.stages(), Optional.of(new ScoreShelf(shelf)));

    run.run(
        request("output", List.of(prune("{\"budget\":1}"))),
        (step, kind, progress) -> shelved.add(Files.isDirectory(shelf)),
        new Stop());

    assertThat(shelved).last().isEqualTo(true);
  }

  @Test
  void a_failing_stage_leaves_no_output() throws IOException {
    var steps = List.of(prune("\"a\""), prune("\"two problems\""));

    assertThatThrownBy(() -> run(steps)).isInstanceOf(InvalidInputException.class);

    assertThat(children()).containsExactly("input");
  }

  @Test
  void unknown_kinds_are_refused_together_before_anything_runs() {
    var steps =
        List.of(
            prune("\"a\""),
            new LocalRun.Step(StageKind.DISTILL, "{}"),
            new LocalRun.Step(StageKind.EXPORT, "{}"));

    assertThatThrownBy(() -> run(steps))
        .isInstanceOfSatisfying(
            InvalidInputException.class, refusal -> assertThat(refusal.problems()).hasSize(2));
    assertThat(heard).isEmpty();
  }

  @Test
  void scores_of_an_earlier_run_are_found_in_a_language_with_other_digits() throws IOException {
    Locale usual = Locale.getDefault(Locale.Category.FORMAT);
    var keeping =
        new LocalRun(
            new ChildJvm(ChildSettings.of(64, 1).withMainClass(TestStageProcess.class.getName())),
            TestStageProcess.stages(),
            Optional.of(new ScoreShelf(folder.resolve("scores"))));
    try {
      keeping.run(request("first", List.of(prune("{\"budget\":1}"))), NOBODY, new Stop());
      Locale.setDefault(Locale.Category.FORMAT, Locale.forLanguageTag("ar-EG"));
      keeping.run(request("second", List.of(prune("{\"budget\":2}"))), NOBODY, new Stop());
    } finally {
      Locale.setDefault(Locale.Category.FORMAT, usual);
    }

    assertThat(folder.resolve("second/config.json")).hasContent("scores found: {}");
  }

  @Test
  void parents_of_the_output_that_were_made_go_again_if_a_stage_fails() throws IOException {
    Files.createDirectories(folder.resolve("mine"));
    LocalRun.Request failing = request("mine/new/deep/output", List.of(prune("\"two problems\"")));

    assertThatThrownBy(() -> local.run(failing, NOBODY, new Stop()))
        .isInstanceOf(InvalidInputException.class);

    assertThat(folder.resolve("mine")).isEmptyDirectory();
  }

  @Test
  void an_output_with_something_in_it_is_not_touched() throws IOException {
    Files.createDirectories(folder.resolve("output"));
    Files.writeString(folder.resolve("output/precious"), "mine");

    assertThatThrownBy(() -> run(List.of(prune("\"a\""))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("output");

    assertThat(folder.resolve("output/precious")).hasContent("mine");
  }

  private List<StageResult> run(List<LocalRun.Step> steps) {
    return local.run(
        request("output", steps),
        (step, kind, progress) -> heard.add(step + " " + kind + " " + progress.phase()),
        new Stop());
  }

  private LocalRun.Request request(String output, List<LocalRun.Step> steps) {
    return new LocalRun.Request(
        folder.resolve("input"), steps, Map.of(), 5, folder.resolve(output));
  }

  private static LocalRun.Step prune(String spec) {
    return new LocalRun.Step(StageKind.PRUNE, spec);
  }

  private List<String> children() throws IOException {
    try (var entries = Files.list(folder)) {
      return entries.map(entry -> entry.getFileName().toString()).toList();
    }
  }
}
