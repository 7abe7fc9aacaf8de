package io.espalier.worker.stage.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.tensor.Golden;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EvaluateStageTest {
  private static final int IMAGES = 20;

  private final EvaluateStage stage = new EvaluateStage();

  @TempDir private Path directory;
  private URI data;

  @BeforeEach
  void writeImages() throws IOException {
    byte[] records = new byte[IMAGES * 3073];
    new Random(7).nextBytes(records);
    for (int i = 0; i < IMAGES; i++) {
      records[i * 3073] = (byte) (i % 10);
    }
    data = Files.write(directory.resolve("test_batch.bin"), records).toUri();
  }

  @Test
  void a_model_is_measured_and_goes_out_as_it_came() throws IOException {
    StageJob job = job("{\"batch\": 8, \"latencyRepetitions\": 3}", Map.of("eval", data));
    Files.createDirectories(job.output());

    stage.check(job);
    StageReport report = stage.run(job, Progress.Listener.NONE);

    assertThat(after(report, "parameters")).isEqualTo(268_346); // by hand, without BatchNorm
    assertThat(after(report, "flops")).isEqualTo(81_102_080); // 2 × 40,551,040 by hand
    assertThat(after(report, "bytes"))
        .isEqualTo((double) Files.size(job.input().resolve("model.safetensors")));
    assertThat(after(report, "accuracy") * IMAGES % 1).isZero();
    assertThat(after(report, "loss")).isPositive();
    assertThat(after(report, "latencyMillis")).isPositive();
    assertThat(report.metrics()).allSatisfy(metric -> assertThat(metric.before()).isEmpty());
    assertThat(metric(report, "accuracy").samples()).hasValue(IMAGES);
    assertThat(metric(report, "accuracy").dataset()).contains(data.toString());
    for (String file : List.of("config.json", "model.safetensors")) {
      assertThat(job.output().resolve(file)).hasSameBinaryContentAs(job.input().resolve(file));
    }
  }

  @Test
  void a_model_whose_outputs_are_no_numbers_is_refused() throws IOException {
    Path sound = Golden.of("cifar-resnet20").directory();
    Path broken = Files.createDirectories(directory.resolve("broken"));
    Files.copy(sound.resolve("config.json"), broken.resolve("config.json"));
    byte[] weights = Files.readAllBytes(sound.resolve("model.safetensors"));
    ByteBuffer bytes = ByteBuffer.wrap(weights).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putFloat(weights.length - Float.BYTES, Float.NaN); // of the last tensor in the file
    Files.write(broken.resolve("model.safetensors"), weights);
    StageJob job =
        job(
            "{\"samples\": 2, \"latencyRepetitions\": 0}",
            Map.of("eval", data),
            broken,
            directory.resolve("out"));

    assertThatThrownBy(() -> stage.run(job, Progress.Listener.NONE))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("are no numbers")
        .hasMessageContaining(broken.toString());
    assertThat(job.output()).doesNotExist();
  }

  @Test
  void fewer_samples_are_measured_where_asked() throws IOException {
    StageJob job = job("{\"samples\": 5, \"latencyRepetitions\": 0}", Map.of("eval", data));
    Files.createDirectories(job.output());

    StageReport report = stage.run(job, Progress.Listener.NONE);

    assertThat(metric(report, "accuracy").samples()).hasValue(5);
    assertThat(report.metrics()).extracting(Metric::name).doesNotContain("latencyMillis");
  }

  @Test
  void everything_wrong_with_a_job_is_said_at_once() {
    StageJob job = job("{\"batch\": 0, \"bach\": 8}", Map.of("train", data));

    assertThatThrownBy(() -> stage.check(job))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(
            "evaluate.bach: unknown, known are [batch, samples, latencyRepetitions, maxLength,"
                + " stride]")
        .hasMessageContaining("evaluate.batch: wanted a whole number from 1 to 65536, found 0")
        .hasMessageContaining("needs data of role 'eval', but the job has [train]");
  }

  @Test
  void settings_for_text_are_refused_for_a_model_of_images() {
    assertThatThrownBy(
            () -> stage.check(job("{\"maxLength\": 8, \"stride\": 2}", Map.of("eval", data))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("evaluate.maxLength is for models that read text")
        .hasMessageContaining("evaluate.stride is for models that read text");
  }

  @Test
  void data_that_do_not_fit_the_model_are_refused_before_anything_is_loaded() throws IOException {
    Path short3 = Files.write(directory.resolve("data_batch_1.bin"), new byte[3072]);

    assertThatThrownBy(() -> stage.check(job("{}", Map.of("eval", short3.toUri()))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("3072");
  }

  @Test
  void the_loaders_that_a_model_says_are_carried_over() throws IOException {
    StageJob plain = job("{\"samples\": 2, \"latencyRepetitions\": 0}", Map.of("eval", data));
    Path told = Files.createDirectories(directory.resolve("told"));
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(plain.input().resolve(file), told.resolve(file));
    }
    Files.writeString(told.resolve("espalier.json"), "{\"loadsIn\": [\"somewhere\"]}");
    Files.createDirectories(plain.output());

    StageReport byFamily = stage.run(plain, Progress.Listener.NONE);
    StageJob again = job(plain.spec(), plain.data(), told, directory.resolve("out2"));
    Files.createDirectories(again.output());
    StageReport byModel = stage.run(again, Progress.Listener.NONE);

    assertThat(byFamily.loadsIn()).containsExactly("espalier", "safetensors");
    assertThat(byModel.loadsIn()).containsExactly("somewhere");
  }

  private StageJob job(String spec, Map<String, URI> data) {
    return job(spec, data, Golden.of("cifar-resnet20").directory(), directory.resolve("out"));
  }

  private StageJob job(String spec, Map<String, URI> data, Path input, Path output) {
    return new StageJob(
        "run",
        0,
        1,
        StageKind.EVALUATE,
        spec,
        input,
        output,
        directory.resolve("checkpoints"),
        data,
        1);
  }

  private static double after(StageReport report, String name) {
    return metric(report, name).after().orElseThrow();
  }

  private static Metric metric(StageReport report, String name) {
    return report.metrics().stream()
        .filter(metric -> metric.name().equals(name))
        .findFirst()
        .orElseThrow();
  }
}
