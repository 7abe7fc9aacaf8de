package io.espalier.worker.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.stage.evaluate.EvaluateStage;
import io.espalier.worker.tensor.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A classifier of transformers on image files of all sorts, as transformers itself measures it. */
final class EvaluateImagesTest {
  private final EvaluateStage stage = new EvaluateStage();
  private final Path golden = Golden.of("images").directory();

  @TempDir private Path directory;
  private JsonNode expected;

  @BeforeEach
  void sortImagesIntoDirectories() throws IOException {
    expected = new ObjectMapper().readTree(golden.resolve("evaluated.json").toFile());
    for (Map.Entry<String, JsonNode> folder : expected.get("directories").properties()) {
      Path to = Files.createDirectories(directory.resolve("data").resolve(folder.getKey()));
      for (JsonNode file : folder.getValue()) {
        Files.copy(golden.resolve("files").resolve(file.asText()), to.resolve(file.asText()));
      }
    }
  }

  @Test
  void the_measures_are_those_of_transformers() throws IOException {
    StageJob job = job();

    stage.check(job);
    StageReport report = stage.run(job, Progress.Listener.NONE);

    double loss = expected.get("loss").doubleValue();
    assertThat(after(report, "loss")).isCloseTo(loss, within(0.005 * loss));
    assertThat(after(report, "accuracy"))
        .isCloseTo(expected.get("accuracy").doubleValue(), within(1e-6));
  }

  @Test
  void the_report_says_how_images_and_labels_were_read() throws IOException {
    StageReport report = stage.run(job(), Progress.Listener.NONE);

    assertThat(report.change())
        .containsEntry("labels", "by name, as id2label of config.json has them")
        .containsEntry(
            "images",
            "bicubic to shortest edge 40, centre 32 x 32, turned as EXIF says"
                + " (preprocessor_config.json)")
        .doesNotContainKey("warnings");
  }

  @Test
  void what_could_be_meant_otherwise_is_a_warning_in_the_report() throws IOException {
    Path data = directory.resolve("data");
    Files.move(data.resolve("ant"), data.resolve("2"));
    Files.move(data.resolve("Cat 9"), data.resolve("10"));
    Files.move(data.resolve("zebra"), data.resolve("1"));

    StageReport report = stage.run(job(), Progress.Listener.NONE);

    assertThat(report.change().get("labels")).isEqualTo("by the order of torchvision: 1, 10, 2");
    assertThat(report.change().get("warnings"))
        .contains("order of torchvision", "1, 10, 2", "timm", "1, 2, 10")
        .contains("zebra, ant, Cat 9");
  }

  @Test
  void every_file_that_ends_early_is_named_before_any_work() throws IOException {
    for (String name : new String[] {"ant/cmyk.jpg", "zebra/grey-1.png"}) {
      Path file = directory.resolve("data").resolve(name);
      byte[] bytes = Files.readAllBytes(file);
      Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
    }

    assertThatThrownBy(() -> stage.check(job()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("cmyk.jpg is truncated")
        .hasMessageContaining("grey-1.png is truncated");
  }

  private StageJob job() throws IOException {
    return new StageJob(
        "run",
        0,
        1,
        StageKind.EVALUATE,
        "{\"latencyRepetitions\": 0}",
        golden.resolve("classifier"),
        Files.createDirectories(directory.resolve("out")),
        directory.resolve("checkpoints"),
        Map.of("eval", directory.resolve("data").toUri()),
        1);
  }

  private static double after(StageReport report, String name) {
    return report.metrics().stream()
        .filter(metric -> metric.name().equals(name))
        .findFirst()
        .orElseThrow()
        .after()
        .orElseThrow();
  }
}
