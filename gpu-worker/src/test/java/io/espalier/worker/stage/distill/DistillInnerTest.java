package io.espalier.worker.stage.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.schemas.stage.StageDeclaration;
import io.espalier.worker.algorithm.minitron.rotate.KeptDirections;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.VisionModel;
import io.espalier.worker.stage.prune.PruneStage;
import io.espalier.worker.tensor.Weights;
import io.espalier.worker.zoo.DrawnText;
import io.espalier.worker.zoo.RandomModel;
import io.espalier.worker.zoo.RandomText;
import io.espalier.worker.zoo.TextSize;
import io.espalier.worker.zoo.Zoo;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Small networks that learn what others compute on the way. */
final class DistillInnerTest {
  private static final int BYTES = 3073; // of an image of the CIFAR files, its class in front
  private static final String TEXTS = "{\"steps\": 6, \"batchSize\": 8, \"maxLength\": 32%s}";

  private final DistillStage stage = new DistillStage();

  @TempDir Path folder;

  @Test
  void attention_is_learned_by_the_origin_of_layers_and_heads() throws IOException {
    Map<String, URI> data = texts();
    llama("llama", 32, 1);
    prune("{\"num_layers\": 2, \"num_attention_heads\": 4, \"num_query_groups\": 2}", data);
    TextModel pruned = TextModel.of(ModelDirectory.open(folder.resolve("pruned")));
    TextModel whole = TextModel.of(ModelDirectory.open(folder.resolve("llama")));

    List<Lineage.Heads> origins =
        Lineage.of(folder.resolve("pruned"), folder.resolve("llama")).heads(pruned, whole);
    StageReport report =
        run(
            "pruned",
            "llama",
            TEXTS.formatted(
                ", \"attention\": {\"loss\": \"mse\", \"weight\": 0.5}, \"hidden\": {\"weight\":"
                    + " 2}"),
            data);

    JsonNode kept = json(folder.resolve("pruned/espalier.json")).at("/stages/0/kept");
    assertThat(origins).hasSize(2);
    for (int layer = 0; layer < 2; layer++) {
      int before = kept.path("layers").get(layer).asInt();
      assertThat(origins.get(layer).layer()).isEqualTo(before);
      JsonNode heads =
          kept.has("model.layers.%d.groups".formatted(before))
              ? kept.path("model.layers.%d.groups".formatted(before))
              : kept.path("model.layers.%d.heads".formatted(before));
      List<Integer> wanted =
          IntStream.range(0, heads.size())
              .map(i -> heads.get(i).asInt())
              .flatMap(
                  unit -> IntStream.range(unit * 4 / heads.size(), (unit + 1) * 4 / heads.size()))
              .boxed()
              .toList();
      assertThat(origins.get(layer).heads()).isEqualTo(wanted);
    }
    Metric loss = metric(report, "loss");
    assertThat(loss.after().orElseThrow()).isLessThanOrEqualTo(loss.before().orElseThrow());
  }

  @Test
  void heads_of_another_origin_are_refused() throws IOException {
    Map<String, URI> data = texts();
    llama("llama", 32, 1);
    llama("other", 16, 2);

    assertThatThrownBy(
            () ->
                stage.check(
                    job(
                        "other",
                        "llama",
                        TEXTS.formatted(", \"attention\": {\"weight\": 2}"),
                        data)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("heads in its layers, but by its espalier.json");
    assertThatThrownBy(
            () ->
                stage.check(
                    job(
                        "llama",
                        "llama",
                        TEXTS.formatted(
                            ", \"attention\": {\"weight\": 2}, \"hidden\": {\"balance\":"
                                + " \"static\"}, \"teacherTopK\": 3"),
                        data)))
        .hasMessageContaining("wanted one balance of all that is learned on the way")
        .hasMessageContaining("leave out hidden, attention or teacherTopK");
    assertThatThrownBy(
            () ->
                stage.check(
                    job(
                        "llama",
                        "llama",
                        TEXTS.formatted(", \"features\": {\"weight\": 2}"),
                        data)))
        .hasMessageContaining("distill.features: is for models that read images");
  }

  @Test
  void a_teacher_of_texts_is_corrected_by_the_tokens_that_follow() throws IOException {
    Map<String, URI> data = texts();
    llama("llama", 32, 1);
    llama("narrow", 16, 2);

    StageReport report =
        run(
            "narrow",
            "llama",
            TEXTS.formatted(", \"teacherCorrection\": {\"steps\": 5, \"learningRate\": 0.01}"),
            data);

    assertThat(report.change().get("teacherCorrection")).contains("of 5: loss");
  }

  @Test
  void answers_alone_are_learned_of_prompts() throws IOException {
    texts();
    llama("llama", 32, 1);
    llama("narrow", 16, 2);
    StringBuilder lines = new StringBuilder();
    for (String line : Files.readAllLines(folder.resolve("tales/train.txt"))) {
      int half = line.indexOf(' ', line.length() / 2);
      if (half > 0) {
        lines.append(
            "{\"prompt\": \"%s\", \"completion\": \"%s\"}\n"
                .formatted(line.substring(0, half), line.substring(half)));
      }
    }
    Path file = Files.writeString(folder.resolve("prompts.jsonl"), lines);
    Map<String, URI> data = Map.of("train", file.toUri());

    StageReport report =
        run("narrow", "llama", "{\"steps\": 6, \"batchSize\": 4, \"maxLength\": 32}", data);

    Metric loss = metric(report, "loss");
    assertThat(loss.after().orElseThrow()).isLessThanOrEqualTo(loss.before().orElseThrow());
    assertThatThrownBy(() -> stage.check(job("narrow", "llama", "{\"maxLength\": 3}", data)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("prompts.jsonl, line 1: its prompt has")
        .hasMessageContaining("leaves no room for an answer");
  }

  /** The stream that was turned and cut is the teacher's along the directions that stayed. */
  @Test
  void a_rotated_stream_is_learned_by_its_directions() throws IOException {
    Map<String, URI> data = texts();
    llama("llama", 32, 1);
    new PruneStage()
        .run(
            pruning(
                "{\"algorithm\": \"minitron\", \"maxLength\": 32, \"hidden\": \"rotation\","
                    + " \"export\": {\"hidden_size\": 24}}",
                "llama",
                data),
            Progress.Listener.NONE);
    TextModel pruned = TextModel.of(ModelDirectory.open(folder.resolve("pruned")));
    TextModel whole = TextModel.of(ModelDirectory.open(folder.resolve("llama")));

    KeptDirections directions = StudentOrigins.of(pruned, whole, 3).directions().orElseThrow();
    StageReport report =
        run("pruned", "llama", TEXTS.formatted(", \"hidden\": {\"weight\": 2}"), data);

    assertThat(directions.count()).isEqualTo(24);
    assertThat(directions.width()).isEqualTo(32);
    float[] rows = directions.rows();
    for (int i = 0; i < 24; i++) {
      for (int j = 0; j <= i; j++) {
        double product = 0;
        for (int k = 0; k < 32; k++) {
          product += (double) rows[i * 32 + k] * rows[j * 32 + k];
        }
        assertThat(product).isCloseTo(i == j ? 1 : 0, within(1e-6));
      }
    }
    assertEmbeddingAlong(directions);
    Metric loss = metric(report, "loss");
    assertThat(loss.after().orElseThrow()).isLessThanOrEqualTo(loss.before().orElseThrow());
    StageReport byLayers =
        run("pruned", "llama", TEXTS.formatted(", \"mode\": \"layerwise\""), data);
    assertThat(error(byLayers.change().get("layer.0")))
        .as("only a stream that is compared along its directions is close") // others: about 2
        .isLessThan(0.5);
    Files.delete(folder.resolve("pruned/stream.safetensors"));
    assertThatThrownBy(
            () ->
                stage.check(
                    job("pruned", "llama", TEXTS.formatted(", \"hidden\": {\"weight\": 2}"), data)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("there is no stream.safetensors beside it");
  }

  /** The error at the start that is told of a layer. */
  private static double error(String told) {
    return Double.parseDouble(told.replaceFirst("error (\\S+) .*", "$1"));
  }

  private void assertEmbeddingAlong(KeptDirections directions) {
    float[] before = embedding("llama");
    float[] after = embedding("pruned");
    for (int token = 0; token < after.length / 24; token++) {
      for (int i = 0; i < 24; i++) {
        double wanted = 0;
        for (int k = 0; k < 32; k++) {
          wanted += (double) directions.rows()[i * 32 + k] * before[token * 32 + k];
        }
        assertThat((double) after[token * 24 + i]).isCloseTo(wanted, within(1e-5));
      }
    }
  }

  private float[] embedding(String model) {
    ModelDirectory directory = ModelDirectory.open(folder.resolve(model));
    TextModel text = TextModel.of(directory);
    try (Weights weights = Weights.load(directory, text.architecture())) {
      return weights.get("model.embed_tokens.weight").toFloatArray();
    }
  }

  @Test
  void streams_of_other_widths_are_learned_by_a_projection() throws IOException {
    Map<String, URI> data = texts();
    llama("llama", 32, 1);
    llama("narrow", 16, 2);
    String projected = TEXTS.formatted(", \"hidden\": {\"map\": \"projection\"}");

    run("narrow", "llama", projected, data);
    byte[] first = weights();
    run("narrow", "llama", projected, data);

    assertThat(weights()).isEqualTo(first);
    assertThat(ModelDirectory.open(folder.resolve("out")).tensors().keySet())
        .isEqualTo(ModelDirectory.open(folder.resolve("narrow")).tensors().keySet());
    assertThatThrownBy(
            () ->
                stage.check(
                    job("narrow", "llama", TEXTS.formatted(", \"hidden\": {\"weight\": 1}"), data)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("map: projection");
    assertThat(Lineage.of(folder.resolve("narrow"), folder.resolve("llama")).layers(2, 6))
        .containsExactly(2, 5);
  }

  @Test
  void feature_maps_are_learned_by_the_origin_of_channels_or_generated() throws IOException {
    Map<String, URI> data = images();
    Zoo.writeRandomModel(
        new RandomModel("cifar_resnet8", 10, 32, List.of(8, 8, 16), 1), folder.resolve("teacher"));
    StageJob prune =
        pruning(
            "{\"algorithm\": \"fastnas\", \"channelDivisor\": 2, \"constraints\": {\"flops\":"
                + " \"70%\"}}",
            "teacher", data);
    new PruneStage().run(prune, Progress.Listener.NONE);
    VisionModel pruned = VisionModel.of(ModelDirectory.open(folder.resolve("pruned")));
    VisionModel whole = VisionModel.of(ModelDirectory.open(folder.resolve("teacher")));
    String spec =
        "{\"steps\": 5, \"batchSize\": 12, \"learningRate\": 0.01, \"evaluateEvery\": 5%s}";

    StageReport mse =
        run("pruned", "teacher", spec.formatted(", \"features\": {\"weight\": 2}"), data);
    byte[] first = weights();
    StageReport mgd =
        run("pruned", "teacher", spec.formatted(", \"features\": {\"loss\": \"mgd\"}"), data);
    byte[] second = weights();
    run("pruned", "teacher", spec.formatted(", \"features\": {\"loss\": \"mgd\"}"), data);

    assertThat(Lineage.of(folder.resolve("pruned"), folder.resolve("teacher")).units(pruned, whole))
        .satisfies(kept -> assertThat(kept.units()).isNotEmpty());
    assertThat(weights()).isEqualTo(second).isNotEqualTo(first);
    for (StageReport report : List.of(mse, mgd)) {
      assertThat(metric(report, "agreement").after().orElseThrow())
          .isGreaterThanOrEqualTo(metric(report, "agreement").before().orElseThrow());
    }
    assertThat(ModelDirectory.open(folder.resolve("out")).tensors().keySet())
        .isEqualTo(ModelDirectory.open(folder.resolve("pruned")).tensors().keySet());
  }

  @Test
  void channels_of_another_origin_are_generated_only() throws IOException {
    Map<String, URI> data = images();
    for (int width : new int[] {4, 8}) {
      Zoo.writeRandomModel(
          new RandomModel("cifar_resnet8", 10, 32, List.of(width, width, 2 * width), width),
          folder.resolve("wide" + width));
    }

    assertThatThrownBy(
            () ->
                stage.check(
                    job(
                        "wide4",
                        "wide8",
                        "{\"batchSize\": 8, \"features\": {\"weight\": 2}}",
                        data)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("ask for loss: mgd");
    assertThatThrownBy(
            () ->
                stage.check(
                    job(
                        "wide4",
                        "wide8",
                        "{\"batchSize\": 8, \"attention\": {\"weight\": 2}}",
                        data)))
        .hasMessageContaining("distill.attention: is for models that read text");
    StageReport report =
        run(
            "wide4",
            "wide8",
            "{\"batchSize\": 12, \"steps\": 3, \"features\": {\"loss\": \"mgd\"}}",
            data);
    assertThat(report.change()).containsEntry("steps", "3");
  }

  private void llama(String name, int hidden, long seed) {
    Zoo.writeRandomText(
        new RandomText(
            new TextSize("small", "llama", hidden, 3, hidden / 4, 64, 32),
            TextTask.TEXT_GENERATION,
            seed),
        folder.resolve(name));
  }

  private Map<String, URI> texts() throws IOException {
    Zoo.writeTexts(DrawnText.TALES, folder.resolve("tales"), 60, 20, 3);
    return Map.of("train", folder.resolve("tales/train.txt").toUri());
  }

  private Map<String, URI> images() throws IOException {
    for (String split : List.of("data_batch_1", "test_batch")) {
      byte[] records = new byte[(split.startsWith("data") ? 80 : 40) * BYTES];
      new Random(split.length()).nextBytes(records);
      for (int i = 0; i < records.length; i += BYTES) {
        records[i] = (byte) (i / BYTES % 10);
      }
      Files.write(folder.resolve(split + ".bin"), records);
    }
    URI train = folder.resolve("data_batch_1.bin").toUri();
    return Map.of(
        "train", train, "calibration", train, "eval", folder.resolve("test_batch.bin").toUri());
  }

  private void prune(String export, Map<String, URI> data) throws IOException {
    new PruneStage()
        .run(
            pruning(
                "{\"algorithm\": \"minitron\", \"maxLength\": 32, \"export\": %s}"
                    .formatted(export),
                "llama",
                data),
            Progress.Listener.NONE);
  }

  private StageJob pruning(String spec, String model, Map<String, URI> data) throws IOException {
    return new StageJob(
        "run",
        0,
        1,
        StageKind.PRUNE,
        spec,
        folder.resolve(model),
        Files.createDirectories(folder.resolve("pruned")),
        folder.resolve("checkpoints"),
        data,
        7);
  }

  private StageReport run(String student, String teacher, String spec, Map<String, URI> data)
      throws IOException {
    Path out = folder.resolve("out");
    if (Files.exists(out)) {
      Files.move(out, folder.resolve("out" + System.nanoTime()));
    }
    Files.createDirectories(out);
    StageJob job = job(student, teacher, spec, data);
    stage.check(job);
    return stage.run(job, Progress.Listener.NONE);
  }

  private StageJob job(String student, String teacher, String spec, Map<String, URI> data) {
    return new StageJob(
            "run",
            0,
            1,
            StageKind.DISTILL,
            spec,
            folder.resolve(student),
            folder.resolve("out"),
            folder.resolve("checkpoints"),
            data,
            7)
        .with(Map.of(StageDeclaration.TEACHER, folder.resolve(teacher)));
  }

  private byte[] weights() throws IOException {
    return Files.readAllBytes(folder.resolve("out/model.safetensors"));
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
