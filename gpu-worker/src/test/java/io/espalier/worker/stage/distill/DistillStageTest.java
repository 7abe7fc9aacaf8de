package io.espalier.worker.stage.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.schemas.stage.StageDeclaration;
import io.espalier.worker.algorithm.layerwise.LayerOrigins;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.SafetensorsFile;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.stage.prune.PruneStage;
import io.espalier.worker.zoo.DrawnText;
import io.espalier.worker.zoo.RandomModel;
import io.espalier.worker.zoo.RandomText;
import io.espalier.worker.zoo.TextSize;
import io.espalier.worker.zoo.Zoo;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Small networks of random weights that learn to say what others of random weights say. */
class DistillStageTest {
  private static final int BYTES = 3073; // of an image of the CIFAR files, its class in front

  private final DistillStage stage = new DistillStage();

  @TempDir Path folder;

  @BeforeEach
  void models_and_images() throws IOException {
    write("teacher", 1, 8);
    write("student", 2, 4);
    for (String split : List.of("data_batch_1", "test_batch")) {
      byte[] records = new byte[(split.startsWith("data") ? 80 : 40) * BYTES];
      new Random(split.length()).nextBytes(records);
      for (int i = 0; i < records.length; i += BYTES) {
        records[i] = (byte) (i / BYTES % 10);
      }
      Files.write(folder.resolve(split + ".bin"), records);
    }
  }

  @Test
  void a_student_comes_closer_to_what_its_teacher_says_and_tells_how() throws IOException {
    StageJob job =
        job(
            "student",
            "teacher",
            "{\"epochs\": 6, \"batchSize\": 12, \"learningRate\": 0.05, \"evaluateEvery\": 6}");

    stage.check(job);
    StageReport report = stage.run(job, Progress.Listener.NONE);

    assertThat(stage.metrics(job))
        .containsExactlyInAnyOrderElementsOf(report.metrics().stream().map(Metric::name).toList());
    Metric loss = metric(report, "loss");
    assertThat(loss.samples()).hasValue(40);
    assertThat(loss.dataset()).contains(data("test_batch").toString());
    Metric agreement = metric(report, "agreement");
    assertThat(agreement.after().orElseThrow())
        .isGreaterThanOrEqualTo(agreement.before().orElseThrow());
    assertThat(metric(report, "parameters").before())
        .isEqualTo(metric(report, "parameters").after());
    assertThat(report.change())
        .containsEntry("samples", "72")
        .containsEntry("steps", "36")
        .containsEntry("teacher.agreement", "100.00 %")
        .containsKey("chosen");
    JsonNode made = json(job.output().resolve("espalier.json"));
    assertThat(made.at("/stages/0/kind").asText()).isEqualTo("distill");
    JsonNode learning = json(job.output().resolve("report.json")).path("learning");
    assertThat(learning.path("points")).hasSize(7);
    assertThat(Files.readString(job.output().resolve("report.html")))
        .contains("cifar_resnet8, distilled")
        .contains("<h2>Learning</h2>");
    assertThat(Files.readString(job.output().resolve("README.md"))).contains("distilled");
    assertThat(job.checkpoints().resolve("distill")).isEmptyDirectory();
  }

  @Test
  void a_student_that_only_becomes_worse_goes_out_as_it_came() throws IOException {
    Files.createDirectories(folder.resolve("good"));
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(folder.resolve("teacher").resolve(file), folder.resolve("good").resolve(file));
    }
    Path images = Files.createDirectories(folder.resolve("images"));
    Random random = new Random(3);
    for (int i = 0; i < 30; i++) {
      BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
      for (int pixel = 0; pixel < 1024; pixel++) {
        image.setRGB(pixel % 32, pixel / 32, random.nextInt(1 << 24));
      }
      ImageIO.write(image, "png", images.resolve(i + ".png").toFile());
    }
    StageJob job =
        job(
            "good",
            "teacher",
            "{\"steps\": 3, \"batchSize\": 12, \"learningRate\": 5, \"warmup\": 0,"
                + " \"evaluateEvery\": 1, \"validation\": 0.5, \"optimizer\": \"adamw\"}",
            Map.of("train", images.toUri())); // no classes: judged by agreement
    assertThatThrownBy(
            () ->
                stage.check(
                    job(
                        "good",
                        "teacher",
                        "{\"taskWeight\": 0.5, \"batchSize\": 4, \"teacherCorrection\":"
                            + " {\"steps\": 2}}",
                        job.data())))
        .hasMessageContaining("distill.taskWeight: needs labels")
        .hasMessageContaining("distill.teacherCorrection: needs labels");

    StageReport report = stage.run(job, Progress.Listener.NONE);

    assertThat(metric(report, "agreement").before()).hasValue(1);
    JsonNode learning = json(job.output().resolve("report.json")).path("learning");
    assertThat(learning.path("best").asInt()).isZero();
    assertThat(learning.at("/points/3/value").asDouble()).isLessThan(1);
    assertThat(report.warnings())
        .anySatisfy(warning -> assertThat(warning).contains("goes out as it came"));
    assertThat(job.output().resolve("model.safetensors"))
        .hasSameBinaryContentAs(folder.resolve("good/model.safetensors"));
  }

  @Test
  void a_text_model_learns_from_texts() throws IOException {
    Zoo.writeTexts(DrawnText.TALES, folder.resolve("tales"), 60, 20, 3);
    for (int seed : new int[] {1, 2}) {
      Zoo.writeRandomText(
          new RandomText(
              new TextSize("small", "llama", 16, 2, 2, 32, 32), TextTask.TEXT_GENERATION, seed),
          folder.resolve("llama" + seed));
    }
    StageJob job =
        job(
            "llama2",
            "llama1",
            "{\"steps\": 20, \"batchSize\": 8, \"microBatchSize\": 4, \"learningRate\": 0.01,"
                + " \"maxLength\": 32, \"ema\": 0.5, \"schedule\": \"wsd\"}",
            Map.of("train", folder.resolve("tales/train.txt").toUri()));

    StageReport report = stage.run(job, Progress.Listener.NONE);

    Metric loss = metric(report, "loss");
    assertThat(loss.after().orElseThrow()).isLessThanOrEqualTo(loss.before().orElseThrow());
    assertThat(report.change().get("chosen")).contains("loss");
    assertThat(job.output().resolve("tokenizer.json"))
        .hasSameBinaryContentAs(folder.resolve("llama2/tokenizer.json"));

    Files.move(job.output(), folder.resolve("kept-all"));
    StageJob less =
        job(
            "llama2",
            "llama1",
            job.spec().replace("{", "{\"gradientCheckpointing\": true, "),
            job.data());
    Metric recomputed = metric(stage.run(less, Progress.Listener.NONE), "loss");
    assertThat(recomputed.after().orElseThrow())
        .isCloseTo(loss.after().orElseThrow(), within(1e-4));
    assertThatThrownBy(
            () ->
                stage.check(
                    job(
                        "llama2",
                        "llama1",
                        less.spec().replace("{", "{\"hidden\": {\"weight\": 1}, "),
                        job.data())))
        .hasMessageContaining("gradientCheckpointing: what leaves layers is not kept for hidden");
    assertThatThrownBy(
            () ->
                stage.check(
                    job(
                        "student",
                        "teacher",
                        "{\"batchSize\": 8, \"gradientCheckpointing\": true}")))
        .hasMessageContaining("distill.gradientCheckpointing: is for models that read text");
  }

  /** Writes a Llama, what is left of it once it is pruned, and texts, which are returned. */
  private Map<String, URI> prunedLlama() throws IOException {
    Zoo.writeTexts(DrawnText.TALES, folder.resolve("tales"), 60, 20, 3);
    Zoo.writeRandomText(
        new RandomText(
            new TextSize("small", "llama", 32, 3, 2, 64, 32), TextTask.TEXT_GENERATION, 1),
        folder.resolve("llama"));
    Map<String, URI> data = Map.of("train", folder.resolve("tales/train.txt").toUri());
    StageJob prune =
        new StageJob(
            "run",
            0,
            1,
            StageKind.PRUNE,
            "{\"algorithm\": \"minitron\", \"export\": {\"num_layers\": 2, \"hidden_size\": 16},"
                + " \"maxLength\": 32, \"hidden\": \"channels\", \"reconstruct\": \"off\"}",
            folder.resolve("llama"),
            Files.createDirectories(folder.resolve("pruned")),
            folder.resolve("checkpoints"),
            data,
            7);
    new PruneStage().run(prune, Progress.Listener.NONE);
    return data;
  }

  @Test
  void layers_learn_one_by_one() throws IOException {
    Map<String, URI> data = prunedLlama();
    StageJob job =
        job(
            "pruned",
            "llama",
            "{\"mode\": \"layerwise\", \"steps\": 20, \"batchSize\": 8, \"microBatchSize\": 4,"
                + " \"learningRate\": 0.01, \"maxLength\": 32}",
            data);

    StageReport report = stage.run(job, Progress.Listener.NONE);

    assertThat(report.change()).containsKeys("layer.0", "layer.1").containsEntry("steps", "40");
    Metric loss = metric(report, "loss");
    boolean better = report.change().get("chosen").startsWith("after step 40");
    assertThat(better).isEqualTo(report.warnings().isEmpty());
    byte[] weights = Files.readAllBytes(job.output().resolve("model.safetensors"));
    byte[] given = Files.readAllBytes(job.input().resolve("model.safetensors"));
    if (better) {
      assertThat(weights).isNotEqualTo(given);
      assertThat(loss.after().orElseThrow()).isNotEqualTo(loss.before().orElseThrow());
    } else {
      assertThat(weights).isEqualTo(given);
    }
    try (var files = Files.walk(job.checkpoints().resolve("distill"))) {
      assertThat(files.filter(Files::isRegularFile)).isEmpty();
    }
  }

  @Test
  void keys_of_outputs_and_models_without_layers_of_their_own_are_refused_layer_by_layer() {
    assertThatThrownBy(
            () ->
                stage.check(
                    job(
                        "student",
                        "teacher",
                        "{\"mode\": \"layerwise\", \"batchSize\": 8, \"temperature\": 2}")))
        .hasMessageContaining("temperature: is for mode: whole");
    assertThatThrownBy(
            () ->
                stage.check(
                    job("student", "teacher", "{\"mode\": \"layerwise\", \"batchSize\": 8}")))
        .hasMessageContaining("layers learn one by one in decoders")
        .hasMessageContaining("leave mode out");
  }

  @Test
  void hidden_states_are_learned_by_the_origin_of_layers_and_channels() throws IOException {
    Map<String, URI> data = prunedLlama();
    String settings = "{\"steps\": 6, \"batchSize\": 8, \"maxLength\": 32%s}";

    TextModel pruned = TextModel.of(ModelDirectory.open(folder.resolve("pruned")));
    TextModel whole = TextModel.of(ModelDirectory.open(folder.resolve("llama")));
    LayerOrigins origins = StudentOrigins.of(pruned, whole, 2);
    StageReport report =
        stage.run(
            job(
                "pruned",
                "llama",
                settings.formatted(", \"hidden\": {\"loss\": \"cosine\", \"weight\": 0.5}"),
                data),
            Progress.Listener.NONE);

    assertThat(origins.layers()).hasSize(2).isSorted().doesNotHaveDuplicates();
    assertThat(origins.channels()).hasSize(16).isSorted().doesNotHaveDuplicates();
    JsonNode kept = json(folder.resolve("pruned/espalier.json")).at("/stages/0/kept");
    assertThat(kept.path("layers")).hasSize(2);
    assertThat(origins.layers().get(1)).isEqualTo(kept.path("layers").get(1).asInt());
    assertThat(origins.channels().get(15)).isEqualTo(kept.path("hidden").get(15).asInt());
    Metric loss = metric(report, "loss");
    assertThat(loss.after().orElseThrow()).isLessThanOrEqualTo(loss.before().orElseThrow());
    assertThatThrownBy(
            () ->
                stage.check(
                    job(
                        "pruned",
                        "llama",
                        settings.formatted(", \"hidden\": {\"weight\": 1}, \"teacherTopK\": 4"),
                        data)))
        .hasMessageContaining("leave out hidden or teacherTopK");
  }

  @Test
  void a_student_learns_the_same_from_what_is_kept_of_all_that_its_teacher_says()
      throws IOException {
    String settings =
        "{\"steps\": 4, \"batchSize\": 12, \"learningRate\": 0.05, \"augmentation\": \"none\"%s}";
    StageJob asked = job("student", "teacher", settings.formatted(""));
    stage.run(asked, Progress.Listener.NONE);
    byte[] wanted = Files.readAllBytes(asked.output().resolve("model.safetensors"));
    Files.move(asked.output(), folder.resolve("asked"));

    StageJob kept = job("student", "teacher", settings.formatted(", \"teacherTopK\": 10"));
    stage.run(kept, Progress.Listener.NONE);

    assertThat(kept.output().resolve("model.safetensors")).hasBinaryContent(wanted);
    assertThat(kept.checkpoints().resolve("distill")).isEmptyDirectory();
    assertThatThrownBy(
            () -> stage.check(job("student", "teacher", "{\"teacherTopK\": 10, \"batchSize\": 8}")))
        .hasMessageContaining("say augmentation: none");
  }

  @Test
  void data_may_name_another_teacher() throws IOException {
    String settings = "{\"steps\": 4, \"batchSize\": 12, \"learningRate\": 0.05}";
    StageJob usual = job("student", "teacher", settings);
    stage.run(usual, Progress.Listener.NONE);
    byte[] wanted = Files.readAllBytes(usual.output().resolve("model.safetensors"));
    Files.move(usual.output(), folder.resolve("usual"));
    var data = new HashMap<>(usual.data());
    data.put("teacher", folder.resolve("teacher").toUri());

    StageJob named = job("student", "student", settings, data);
    StageReport report = stage.run(named, Progress.Listener.NONE);

    assertThat(named.output().resolve("model.safetensors")).hasBinaryContent(wanted);
    assertThat(report.change())
        .containsEntry("teacher", ModelDirectory.open(folder.resolve("teacher")).rootDigest());
    data.put("teacher", URI.create("s3://models/teacher"));
    assertThatThrownBy(() -> stage.check(job("student", "student", settings, data)))
        .hasMessageContaining("wanted a model directory as a file: URI, found s3://models/teacher");
  }

  @Test
  void the_best_judged_models_are_kept_beside_the_one_that_goes_out() throws IOException {
    StageJob job =
        job(
            "student",
            "teacher",
            "{\"steps\": 12, \"batchSize\": 12, \"learningRate\": 0.02, \"evaluateEvery\": 3,"
                + " \"judgedBy\": \"accuracy\", \"keep\": 3}");

    StageReport report = stage.run(job, Progress.Listener.NONE);

    assertThat(report.change().get("chosen")).contains("accuracy");
    List<String> kept =
        report.change().keySet().stream().filter(key -> key.startsWith("checkpoint.")).toList();
    assertThat(kept).hasSize(3);
    String chosen = report.change().get("chosen").replaceAll("after step (\\d+) .*", "$1");
    Path best = job.output().resolve("checkpoints/step-%s.safetensors".formatted(chosen));
    SafetensorsFile made = SafetensorsFile.open(job.output().resolve("model.safetensors"));
    SafetensorsFile checkpoint = SafetensorsFile.open(best);
    assertThat(checkpoint.tensors().keySet()).isEqualTo(made.tensors().keySet());
    assertThat(checkpoint.read("fc.weight").bytes()).isEqualTo(made.read("fc.weight").bytes());
    assertThat(job.checkpoints().resolve("distill")).isEmptyDirectory();
    assertThatThrownBy(
            () ->
                stage.check(job("student", "teacher", "{\"batchSize\": 8, \"judgedBy\": \"f1\"}")))
        .hasMessageContaining("distill.judgedBy: wanted one of [")
        .hasMessageContaining("found f1");
  }

  @Test
  void everything_wrong_with_a_job_is_said_at_once() {
    StageJob job =
        job(
            "student",
            "nowhere",
            "{\"epochs\": 1, \"steps\": 5, \"batchSize\": 4, \"microBatchSize\": 8, \"temprature\":"
                + " 2}",
            Map.of("eval", data("test_batch")));

    assertThatThrownBy(() -> stage.check(job))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("distill.temprature: unknown")
        .hasMessageContaining("found 2, [epochs, steps]; leave one")
        .hasMessageContaining("wanted at most batchSize, 4, found 8")
        .hasMessageContaining(
            "needs data to learn from, of role train or calibration, but the job has [eval]")
        .hasMessageContaining("nowhere");
  }

  @Test
  void data_that_do_not_fill_a_batch_and_keys_of_texts_are_refused() {
    assertThatThrownBy(() -> stage.check(job("student", "teacher", "{\"batchSize\": 73}")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(
            "wanted at most the 72 samples that are left to learn from, found 73");
    assertThatThrownBy(() -> stage.check(job("student", "teacher", "{\"maxLength\": 7}")))
        .hasMessageContaining("distill.maxLength: is for models that read text");
    assertThatThrownBy(() -> stage.check(job("student", "teacher", "{\"steps\": 0}")))
        .hasMessageContaining("distill.steps: wanted a whole number from 1");
    assertThatThrownBy(() -> stage.check(job("student", "teacher", "{\"minutes\": 0}")))
        .hasMessageContaining("distill.minutes: wanted a number above 0");
  }

  @Test
  void images_are_mixed_where_nothing_is_kept_of_them() throws IOException {
    String spec = "{\"steps\": 4, \"batchSize\": 12, \"taskWeight\": 0.5%s}";
    StageJob plain = job("student", "teacher", spec.formatted(""));
    stage.run(plain, Progress.Listener.NONE);
    Files.move(plain.output(), folder.resolve("plain"));

    StageJob mixed = job("student", "teacher", spec.formatted(", \"mixup\": 0.2"));
    StageReport report = stage.run(mixed, Progress.Listener.NONE);

    assertThat(report.change()).containsEntry("mixup", "0.2");
    JsonNode before = json(folder.resolve("plain/report.json")).at("/learning/points/1/loss");
    JsonNode after = json(mixed.output().resolve("report.json")).at("/learning/points/1/loss");
    assertThat(after.asDouble()).isPositive().isNotEqualTo(before.asDouble());
    assertThatThrownBy(
            () ->
                stage.check(
                    job(
                        "student",
                        "teacher",
                        "{\"mixup\": 1, \"teacherTopK\": 3, \"labelCorrection\": 0.2,"
                            + " \"augmentation\": \"none\"}")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("leave out mixup or [teacherTopK, labelCorrection]");
  }

  @Test
  void a_teacher_is_corrected_before_it_teaches_and_left_behind() throws IOException {
    String spec = "{\"steps\": 4, \"batchSize\": 12%s}";
    StageJob plain = job("student", "teacher", spec.formatted(""));
    StageReport before = stage.run(plain, Progress.Listener.NONE);
    Files.move(plain.output(), folder.resolve("plain"));
    byte[] teacher = Files.readAllBytes(folder.resolve("teacher/model.safetensors"));

    StageJob job =
        job(
            "student",
            "teacher",
            spec.formatted(", \"teacherCorrection\": {\"steps\": 12, \"learningRate\": 0.01}"));
    StageReport report = stage.run(job, Progress.Listener.NONE);

    assertThat(report.change().get("teacherCorrection"))
        .matches("after step (3|6|9|12) of 12: loss .* on held-out samples, .* at the start");
    assertThat(Double.parseDouble(report.change().get("teacher.loss")))
        .isNotEqualTo(Double.parseDouble(before.change().get("teacher.loss")));
    assertThat(folder.resolve("teacher/model.safetensors")).hasBinaryContent(teacher);
    assertThat(job.checkpoints().resolve("distill")).isEmptyDirectory();
    assertThat(stage.diskBytes(job, 100, Map.of("teacher", 1000L)))
        .isEqualTo(stage.diskBytes(plain, 100, Map.of("teacher", 1000L)) + 12_000);
    try (var files = Files.list(job.output());
        var others = Files.list(folder.resolve("plain"))) {
      assertThat(files.map(Path::getFileName).toList())
          .containsExactlyInAnyOrderElementsOf(others.map(Path::getFileName).toList());
    }
    assertThatThrownBy(
            () ->
                stage.check(
                    job("student", "teacher", "{\"teacherCorrection\": {\"learningRate\": 1}}")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("teacherCorrection");
  }

  @Test
  void a_teacher_of_other_classes_is_refused() {
    Zoo.writeRandomModel(
        new RandomModel("cifar_resnet8", 7, 32, List.of(4, 4, 8), 1), folder.resolve("seven"));

    assertThatThrownBy(() -> stage.check(job("student", "seven", "{\"batchSize\": 8}")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("number of classes")
        .hasMessageContaining("7")
        .hasMessageContaining("10");
  }

  private void write(String name, long seed, int width) {
    Zoo.writeRandomModel(
        new RandomModel("cifar_resnet8", 10, 32, List.of(width, width, 2 * width), seed),
        folder.resolve(name));
  }

  private StageJob job(String student, String teacher, String spec) {
    return job(
        student, teacher, spec, Map.of("train", data("data_batch_1"), "eval", data("test_batch")));
  }

  private StageJob job(String student, String teacher, String spec, Map<String, URI> data) {
    Path output = folder.resolve("out");
    try {
      Files.createDirectories(output);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return new StageJob(
            "run",
            0,
            1,
            StageKind.DISTILL,
            spec,
            folder.resolve(student),
            output,
            folder.resolve("checkpoints"),
            data,
            7)
        .with(Map.of(StageDeclaration.TEACHER, folder.resolve(teacher)));
  }

  private URI data(String split) {
    return folder.resolve(split + ".bin").toUri();
  }

  private static Metric metric(StageReport report, String name) {
    return report.metrics().stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static JsonNode json(Path file) throws IOException {
    return new ObjectMapper().readTree(Files.readAllBytes(file));
  }
}
