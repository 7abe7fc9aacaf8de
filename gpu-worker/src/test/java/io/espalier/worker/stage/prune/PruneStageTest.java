package io.espalier.worker.stage.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.fact.CandidateFact;
import io.espalier.fact.ChangeFacts;
import io.espalier.fact.ConstraintFact;
import io.espalier.fact.FactsJson;
import io.espalier.fact.WidthFact;
import io.espalier.worker.algorithm.fastnas.FastNasPlan;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.domain.InfeasibleException;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.stage.job.Folders;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.zoo.RandomModel;
import io.espalier.worker.zoo.Zoo;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PruneStageTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SPEC =
      "{\"algorithm\":\"fastnas\",\"constraints\":{\"flops\":\"60%\",\"parameters\":\"70%\"},"
          + "\"channelDivisor\":2,\"calibrationBatches\":2,\"batchSize\":20,\"scoreImages\":20}";

  @TempDir static Path shared;
  @TempDir Path own;

  private final PruneStage stage = new PruneStage();
  private final List<Progress> heard = new ArrayList<>();

  @BeforeAll
  static void draw() {
    Zoo.writeShapes(shared.resolve("data"), 60, 40, 1);
    Zoo.writeRandomModel(
        new RandomModel("cifar_resnet8", 10, 32, List.of(4, 8, 16), 1), shared.resolve("model"));
  }

  @Test
  void the_result_is_smaller_by_what_was_asked_and_says_how_it_came_about() throws IOException {
    StageReport report = stage.run(job(SPEC, "one"), heard::add);

    Metric flops = metric(report, "flops");
    Metric parameters = metric(report, "parameters");
    assertThat(flops.after().orElseThrow()).isLessThanOrEqualTo(0.6 * flops.before().orElseThrow());
    assertThat(parameters.after().orElseThrow())
        .isLessThanOrEqualTo(0.7 * parameters.before().orElseThrow());
    assertThat(metric(report, "bytes").after())
        .hasValue((double) Files.size(own.resolve("one/model.safetensors")));
    assertThat(report.metrics())
        .extracting(Metric::name)
        .containsExactly(
            "parameters",
            "flops",
            "bytes",
            "accuracy",
            "loss",
            "agreement",
            "accuracyAsCut",
            "latencyMillis")
        .containsExactlyElementsOf(stage.metrics(job(SPEC, "two")));
    assertThat(metric(report, "accuracy").samples()).hasValue(40);
    assertThat(report.change())
        .containsEntry("constraints.flops.asked", "60%")
        .containsKeys("constraints.flops.reached", "widths.layer3.0.conv1.out", "seed");
    assertThat(heard).extracting(Progress::phase).contains("measuring sensitivity");
  }

  @Test
  void facts_say_the_same_as_the_words_and_lie_beside_them_in_the_output() throws IOException {
    StageReport report = stage.run(job(SPEC, "one"), Progress.Listener.NONE);

    ModelDirectory cut = ModelDirectory.open(own.resolve("one"));
    ChangeFacts facts = report.facts();
    assertThat(facts.widths())
        .contains(
            new WidthFact(
                "layer3.0.conv1.out",
                "channels",
                "layer3.0.conv1",
                16,
                (int) cut.shapes().get("layer3.0.conv1.weight")[0]))
        .allSatisfy(
            width ->
                assertThat(report.change())
                    .containsEntry(
                        "widths." + width.axis(), width.before() + " -> " + width.after()));
    double reached = metric(report, "flops").after().orElseThrow();
    assertThat(facts.constraints())
        .extracting(ConstraintFact::quantity)
        .containsExactly("flops", "parameters");
    assertThat(facts.constraints().get(0))
        .satisfies(
            bound -> {
              assertThat(bound.asked()).isEqualTo("60%");
              assertThat(bound.reached()).hasValue((long) reached);
              assertThat(bound.limit().orElseThrow()).isGreaterThanOrEqualTo((long) reached);
            });
    assertThat(facts.candidates()).isEmpty();
    JsonNode provenance = JSON.readTree(own.resolve("one/espalier.json").toFile());
    assertThat(FactsJson.read(provenance.at("/stages/0/facts"))).isEqualTo(facts);
  }

  @Test
  void the_output_directory_opens_as_a_model_with_its_provenance() throws IOException {
    StageReport report = stage.run(job(SPEC, "one"), Progress.Listener.NONE);

    ModelDirectory cut = ModelDirectory.open(own.resolve("one"));
    JsonNode provenance = JSON.readTree(own.resolve("one/espalier.json").toFile());
    long width = cut.shapes().get("layer3.0.conv1.weight")[0];
    assertThat(width).isLessThan(16);
    assertThat(cut.config().at("/espalier/widths/layer3.0.conv1.out").asLong()).isEqualTo(width);
    assertThat(provenance.at("/parent").asText())
        .isEqualTo(Manifest.of(shared.resolve("model")).rootDigest());
    assertThat(provenance.at("/stages/0/kept/layer3.0.conv1.out").size()).isEqualTo((int) width);
    assertThat(provenance.at("/shapes/layer3.0.conv1.weight/0").asLong()).isEqualTo(width);
    assertThat(provenance.at("/loadsInNote").asText()).contains("timm");
    assertThat(report.loadsIn()).containsExactly("espalier", "safetensors");
    assertThat(own.resolve("one/timm-shapes.txt")).doesNotExist();
  }

  @Test
  void what_timm_builds_comes_with_the_line_that_it_builds_it_by() throws IOException {
    Path model = densenet();
    StageJob job = job(SPEC.replace("60%", "85%").replace("70%", "85%"), "one");

    StageReport report = stage.run(with(job, model, job.data()), Progress.Listener.NONE);

    ModelDirectory cut = ModelDirectory.open(own.resolve("one"));
    JsonNode provenance = JSON.readTree(own.resolve("one/espalier.json").toFile());
    List<String> line =
        List.of(Files.readString(own.resolve("one/timm-shapes.txt")).split("[*]{3}", -1));
    assertThat(report.loadsIn()).containsExactly("espalier", "safetensors", "timm");
    assertThat(provenance.at("/opening").asText())
        .contains("timm.create_model(\"densenet121\", num_classes=10, in_chans=3, growth_rate=4");
    assertThat(line)
        .containsExactlyInAnyOrderElementsOf(
            cut.shapes().entrySet().stream()
                .filter(tensor -> tensor.getKey().endsWith(".weight"))
                .map(tensor -> tensor.getKey() + ":" + Arrays.toString(tensor.getValue()))
                .toList());
    assertThat(metric(report, "flops").after().orElseThrow())
        .isLessThanOrEqualTo(0.85 * metric(report, "flops").before().orElseThrow());
  }

  /** The fixture for images of the size of the data here. */
  private Path densenet() throws IOException {
    Path from = Golden.of("densenet121").directory();
    Path to = Files.createDirectories(own.resolve("densenet"));
    Files.copy(from.resolve("model.safetensors"), to.resolve("model.safetensors"));
    ObjectNode config = ModelDirectory.open(from).config();
    config.putArray("input_size").add(3).add(32).add(32);
    Files.writeString(to.resolve("config.json"), config.toString());
    return to;
  }

  @Test
  void without_reconstruction_weights_are_the_kept_units_bit_for_bit_and_statistics_are_new()
      throws IOException {
    String selecting =
        SPEC.replace("\"channelDivisor\"", "\"reconstruct\":\"off\",\"channelDivisor\"");

    stage.run(job(selecting, "one"), Progress.Listener.NONE);

    ModelDirectory before = ModelDirectory.open(shared.resolve("model"));
    ModelDirectory after = ModelDirectory.open(own.resolve("one"));
    JsonNode kept =
        JSON.readTree(own.resolve("one/espalier.json").toFile())
            .at("/stages/0/kept/layer3.0.conv1.out");
    ByteBuffer from = before.read("layer3.0.conv1.weight").bytes();
    ByteBuffer to = after.read("layer3.0.conv1.weight").bytes();
    int row = 8 * 3 * 3 * Float.BYTES;
    for (int i = 0; i < kept.size(); i++) {
      assertThat(to.slice(i * row, row)).isEqualTo(from.slice(kept.get(i).asInt() * row, row));
    }
    assertThat(after.read("bn1.running_var").bytes())
        .isNotEqualTo(before.read("bn1.running_var").bytes());
    assertThat(after.read("bn1.weight").bytes()).isEqualTo(before.read("bn1.weight").bytes());
    assertThat(after.read("fc.weight").bytes()).isEqualTo(before.read("fc.weight").bytes());
  }

  @Test
  void the_same_job_gives_the_same_bits_and_needs_no_second_measurement() throws IOException {
    stage.run(job(SPEC, "one"), Progress.Listener.NONE);
    Files.move(own.resolve("checkpoints"), own.resolve("aside"));
    stage.run(job(SPEC, "two"), Progress.Listener.NONE);
    stage.run(job(SPEC, "three"), heard::add);

    String first = Manifest.of(own.resolve("one")).rootDigest();
    assertThat(Manifest.of(own.resolve("two")).rootDigest()).isEqualTo(first);
    assertThat(Manifest.of(own.resolve("three")).rootDigest()).isEqualTo(first);
    // 1 for the start and 1 per axis: no model was scored
    assertThat(heard).filteredOn(p -> p.phase().equals("measuring sensitivity")).hasSize(1 + 3);
  }

  @Test
  void another_budget_for_the_same_model_scores_nothing_with_the_scores_of_the_first()
      throws IOException {
    var shelf = new ScoreShelf(own.resolve("shelf"));
    var subject = new ScoreShelf.Subject("digest of the model", "cpu, 1 thread");
    ScoreShelf.Loan loan = shelf.lend(subject, own.resolve("checkpoints"));
    stage.run(job(SPEC, "one"), Progress.Listener.NONE);
    loan.keep();
    Folders.delete(own.resolve("checkpoints"));

    shelf.lend(subject, own.resolve("checkpoints"));
    stage.run(job(SPEC.replace("60%", "80%").replace("70%", "80%"), "two"), heard::add);

    // 1 for the start and 1 per axis: no model was scored
    assertThat(heard).filteredOn(p -> p.phase().equals("measuring sensitivity")).hasSize(1 + 3);
    assertThat(Files.readAllBytes(own.resolve("two/model.safetensors")))
        .isNotEqualTo(Files.readAllBytes(own.resolve("one/model.safetensors")));
  }

  @Test
  void latency_is_foretold_and_measured_where_it_is_bounded() throws IOException {
    // far above what so small a network takes: whether cuts make it faster is another test's matter
    String spec =
        SPEC.replace("\"parameters\":\"70%\"", "\"latency\":60000")
            .replace("{\"algorithm\"", "{\"objective\":\"max\",\"algorithm\"");

    StageReport report = stage.run(job(spec, "one"), heard::add);

    assertThat(report.change())
        .containsEntry("constraints.latency.asked", "60000 ms")
        .containsEntry("objective", "max");
    assertThat(heard).extracting(Progress::phase).contains("timing layers");
    JsonNode facts = JSON.readTree(own.resolve("one/report.json").toFile());
    assertThat(facts.at("/latencies/0/predictedMillis").asDouble()).isPositive();
    assertThat(own.resolve("checkpoints"))
        .isDirectoryContaining(file -> file.getFileName().toString().startsWith("layer-times-"));
  }

  @Test
  void a_latency_that_no_model_reaches_is_refused_before_models_are_scored() {
    String spec = SPEC.replace("\"parameters\":\"70%\"", "\"latency\":\"1us\"");

    assertThatThrownBy(() -> stage.run(job(spec, "one"), heard::add))
        .isInstanceOf(InfeasibleException.class)
        .hasMessageContaining("constraint latency: 0.001 ms allows")
        .hasMessageContaining("the smallest model of the search space takes");
    assertThat(heard).extracting(Progress::phase).doesNotContain("measuring sensitivity");
    assertThat(own.resolve("one")).doesNotExist();
  }

  @Test
  void rules_keep_layers_as_they_are() {
    String spec =
        SPEC.replace(
            "\"channelDivisor\"",
            "\"layers\":[{\"match\":\"layer2.*\",\"exclude\":true}],\"channelDivisor\"");

    StageReport report = stage.run(job(spec, "one"), Progress.Listener.NONE);

    assertThat(after(report, "layer2.0.conv1.out")).isEqualTo(8);
    assertThat(after(report, "layer3.0.conv1.out")).isLessThan(16);
  }

  private static int after(StageReport report, String axis) {
    return report.facts().widths().stream()
        .filter(width -> width.axis().equals(axis))
        .mapToInt(WidthFact::after)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void a_rule_for_no_layer_and_a_space_without_choice_are_refused() {
    String strange =
        SPEC.replace(
            "\"channelDivisor\"",
            "\"layers\":[{\"match\":\"layer9.*\",\"exclude\":true}],\"channelDivisor\"");
    String nothing = SPEC.replace("\"channelDivisor\":2", "\"channelDivisor\":64");

    assertThatThrownBy(() -> stage.check(job(strange, "one")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("'layer9.*'")
        .hasMessageContaining("similar names");
    assertThatThrownBy(() -> stage.check(job(nothing, "one")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("more than one width")
        .hasMessageContaining("\n  1 axis: its 16 units")
        .hasMessageContaining("channel divisor 64")
        .satisfies(refusal -> assertThat(refusal.getMessage().lines()).allMatch(this::isShort));
  }

  private boolean isShort(String line) {
    return line.length() <= 160;
  }

  @Test
  void more_images_than_there_are_is_refused() {
    String spec = SPEC.replace("\"scoreImages\":20", "\"scoreImages\":61");

    assertThatThrownBy(() -> stage.check(job(spec, "one")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("prune.scoreImages: 61")
        .hasMessageContaining("have 60");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void a_bound_of_bytes_counts_the_metadata_that_the_result_gets(int files) throws IOException {
    Path bare = bare(files);
    FastNasPlan plan = FastNasPlan.of(ModelDirectory.open(bare), 2);
    long smallest = plan.costs().cost(plan.space().min()).bytes();
    StageJob job = job(SPEC.replace("\"parameters\":\"70%\"", "\"bytes\":" + smallest), "one");

    StageReport report = stage.run(with(job, bare, job.data()), Progress.Listener.NONE);

    assertThat(metric(report, "bytes").before()).hasValue((double) weights(bare));
    assertThat(metric(report, "bytes").after()).hasValue((double) weights(own.resolve("one")));
    assertThat(weights(own.resolve("one"))).isLessThanOrEqualTo(smallest);
  }

  /** The model in that many files without metadata, as other writers than ours leave them. */
  private Path bare(int files) throws IOException {
    ModelDirectory model = ModelDirectory.open(shared.resolve("model"));
    Path bare = Files.createDirectories(own.resolve("bare"));
    var shards = new TreeMap<String, Map<String, TensorData>>();
    ObjectNode index = JSON.createObjectNode();
    for (String tensor : model.tensors().keySet()) {
      String shard = "model-%d.safetensors".formatted(index.path("weight_map").size() % files);
      index.withObject("/weight_map").put(tensor, shard);
      shards.computeIfAbsent(shard, any -> new TreeMap<>()).put(tensor, model.read(tensor));
    }
    Files.copy(shared.resolve("model/config.json"), bare.resolve("config.json"));
    if (files == 1) {
      SafetensorsWriter.write(
          bare.resolve("model.safetensors"), shards.get("model-0.safetensors"), Map.of());
      return bare;
    }
    index.putObject("metadata");
    shards.forEach((name, held) -> SafetensorsWriter.write(bare.resolve(name), held, Map.of()));
    JSON.writeValue(bare.resolve("model.safetensors.index.json").toFile(), index);
    return bare;
  }

  private static long weights(Path model) throws IOException {
    try (var files = Files.list(model)) {
      return files
          .filter(file -> file.toString().endsWith(".safetensors"))
          .mapToLong(file -> file.toFile().length())
          .sum();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'\"batchSize\":1,\"scoreImages\":20', prune.batchSize",
    "'\"batchSize\":20,\"scoreImages\":1', prune.scoreImages"
  })
  void batches_of_one_image_are_refused_where_a_normalised_layer_has_one_position(
      String settings, String named) {
    Zoo.writeRandomModel(
        new RandomModel("resnet18", 10, 32, List.of(4, 4, 8, 8), 1), own.resolve("deep"));
    String spec =
        SPEC.replace("\"batchSize\":20,\"scoreImages\":20", settings)
            .replace("\"calibrationBatches\":2,", "");
    StageJob job = job(spec, "one");
    StageJob deep = with(job, own.resolve("deep"), job.data());

    assertThatThrownBy(() -> stage.check(deep))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(named)
        .hasMessageContaining("at least 2 images")
        .hasMessageContaining("layer4.0.conv1")
        .hasMessageContaining("resnet18");
    assertThatCode(() -> stage.check(job)).doesNotThrowAnyException();
  }

  @Test
  void a_data_set_of_one_image_is_refused_where_a_normalised_layer_has_one_position()
      throws IOException {
    Zoo.writeRandomModel(
        new RandomModel("resnet18", 10, 32, List.of(4, 4, 8, 8), 1), own.resolve("deep"));
    Path one = Files.write(own.resolve("test_batch.bin"), new byte[3073]);
    StageJob job =
        job(
            "{\"algorithm\":\"fastnas\",\"constraints\":{\"flops\":\"90%\"},\"channelDivisor\":2}",
            "one");

    assertThatThrownBy(
            () -> stage.check(with(job, own.resolve("deep"), Map.of("eval", one.toUri()))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("at least 2 images")
        .hasMessageContaining("have 1");
  }

  @Test
  void unlabelled_images_will_do_for_agreement() throws IOException {
    Path images = Files.createDirectories(own.resolve("images"));
    var random = new java.util.Random(3);
    for (int i = 0; i < 24; i++) {
      var image =
          new java.awt.image.BufferedImage(32, 32, java.awt.image.BufferedImage.TYPE_INT_RGB);
      for (int p = 0; p < 32 * 32; p++) {
        image.setRGB(p % 32, p / 32, random.nextInt(1 << 24));
      }
      javax.imageio.ImageIO.write(image, "png", images.resolve(i + ".png").toFile());
    }
    StageJob job = job(SPEC.replace("\"batchSize\":20", "\"batchSize\":12"), "one");
    StageJob agreement =
        job(SPEC.replace("\"batchSize\":20", "\"batchSize\":12,\"score\":\"agreement\""), "one");
    StageJob taylor =
        job(agreement.spec().replace("{\"alg", "{\"importance\":\"taylor\",\"alg"), "one");
    Map<String, URI> data = Map.of("calibration", images.toUri());

    assertThatThrownBy(() -> stage.check(with(job, job.input(), data)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("use agreement");
    assertThatThrownBy(() -> stage.check(with(taylor, job.input(), data)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("use another of [consumer-norm, batchnorm-scale, geometric-median]");
    StageReport report = stage.run(with(agreement, job.input(), data), Progress.Listener.NONE);

    assertThat(report.metrics())
        .extracting(Metric::name)
        .containsExactly(
            "parameters", "flops", "bytes", "agreement", "agreementAsCut", "latencyMillis")
        .containsExactlyElementsOf(stage.metrics(with(agreement, job.input(), data)));
    assertThat(metric(report, "agreement").before()).hasValue(1);
    assertThat(metric(report, "agreement").after().orElseThrow()).isBetween(0.0, 1.0);
  }

  @Test
  void the_report_tells_of_every_axis_and_stays_out_of_the_digest() throws IOException {
    stage.run(job(SPEC, "one"), Progress.Listener.NONE);

    JsonNode facts = JSON.readTree(own.resolve("one/report.json").toFile());
    String page = Files.readString(own.resolve("one/report.html"));
    assertThat(facts.at("/curve/points").size()).isGreaterThan(10);
    assertThat(facts.at("/effort/phases").findValuesAsText("name"))
        .contains("original", "sensitivity", "surgery", "reconstruction", "result");
    assertThat(page).contains("layer3.0.conv1.out", "reaches the classifier");
    assertThat(Manifest.of(own.resolve("one")).files())
        .extracting(file -> file.path())
        .contains("model.safetensors", "espalier.json")
        .doesNotContain("report.html", "report.json");
  }

  @Test
  void the_report_says_how_sure_it_is_what_was_scored_and_where_that_came_from()
      throws IOException {
    stage.run(job(SPEC, "one"), Progress.Listener.NONE);
    stage.run(job(SPEC, "two"), Progress.Listener.NONE);

    JsonNode facts = JSON.readTree(own.resolve("one/report.json").toFile());
    JsonNode later = JSON.readTree(own.resolve("two/report.json").toFile());
    int all = 1;
    for (JsonNode axis : facts.at("/axes")) {
      int choices = axis.at("/choices").size();
      all += choices - 1;
      assertThat(axis.at("/costs").size()).isEqualTo(choices > 1 ? choices : 0);
      if (choices > 1) {
        assertThat(axis.at("/costs").get(choices - 1)).as("uncut").isEqualTo(whole(facts));
        assertThat(axis.at("/costs/0/flops").asLong()).isLessThan(flops(whole(facts)));
      }
    }
    JsonNode effort = facts.at("/effort");
    assertThat(effort.at("/modelsScored").asInt() + effort.at("/modelsSkipped").asInt())
        .isEqualTo(all);
    assertThat(effort.at("/modelsRemembered").asInt()).isZero();
    assertThat(later.at("/effort/modelsRemembered").asInt())
        .isEqualTo(effort.at("/modelsScored").asInt());
    for (String name : List.of("accuracy", "loss", "agreement")) {
      JsonNode metric = metric(facts, name);
      JsonNode interval = metric.path("interval");
      assertThat(interval.path("kind").asText()).isEqualTo("bootstrap");
      assertThat(metric.path("after").asDouble())
          .isBetween(interval.at("/after/0").asDouble(), interval.at("/after/1").asDouble());
      assertThat(interval).as("the same draws").isEqualTo(metric(later, name).path("interval"));
    }
    assertThat(metric(facts, "latencyMillis").at("/interval/kind").asText())
        .isEqualTo("percentiles");
    assertThat(facts.at("/data").findValuesAsText("use"))
        .containsExactly("search", "before and after");
    assertThat(facts.at("/data").findValuesAsText("digest"))
        .allSatisfy(digest -> assertThat(digest).matches("[0-9a-f]{64}"));
    assertThat(facts.at("/opening/loaders").findValuesAsText("name")).contains("espalier");
  }

  private static JsonNode whole(JsonNode facts) {
    return facts.at("/profile/max");
  }

  private static long flops(JsonNode cost) {
    return cost.path("flops").asLong();
  }

  private static JsonNode metric(JsonNode facts, String name) {
    for (JsonNode metric : facts.at("/metrics")) {
      if (metric.path("name").asText().equals(name)) {
        return metric;
      }
    }
    throw new AssertionError("no metric " + name);
  }

  @Test
  void the_report_counts_the_images_that_calibration_used() throws IOException {
    String spec = SPEC.replace("\"calibrationBatches\":2,\"batchSize\":20", "\"batchSize\":32");

    stage.run(job(spec, "one"), Progress.Listener.NONE);

    // of 60 images, one batch is full
    assertThat(
            JSON.readTree(own.resolve("one/report.json").toFile())
                .at("/setup/calibrationImages")
                .asInt())
        .isEqualTo(32);
  }

  @Test
  void what_is_drawn_over_budgets_is_what_the_objective_made_small() throws IOException {
    String spec = SPEC.replace("{\"algorithm\"", "{\"objective\":\"max\",\"algorithm\"");

    stage.run(job(spec, "one"), Progress.Listener.NONE);

    JsonNode facts = JSON.readTree(own.resolve("one/report.json").toFile());
    double largest = 0;
    for (JsonNode axis : facts.at("/axes")) {
      for (int i = 0; i < axis.at("/losses").size(); i++) {
        if (axis.at("/choices").get(i).equals(axis.at("/chosen"))) {
          largest = Math.max(largest, axis.at("/losses").get(i).asDouble());
        }
      }
    }
    assertThat(facts.at("/curve/chosen/predictedLoss").asDouble()).isEqualTo(largest);
    List<Double> losses = new ArrayList<>();
    facts.at("/curve/points").forEach(point -> losses.add(point.at("/predictedLoss").asDouble()));
    assertThat(losses).isSortedAccordingTo(Comparator.reverseOrder());
  }

  @Test
  void candidates_are_compared_once_they_have_learned() throws IOException {
    String spec = SPEC.replace("\"scoreImages\"", "\"rankAfter\":{\"steps\":2},\"scoreImages\"");
    Zoo.writeShapes(own.resolve("more"), 140, 20, 3);
    URI data = own.resolve("more").toUri();
    var images =
        Map.of(
            "calibration", URI.create(data + "?split=train"),
            "eval", URI.create(data + "?split=test"));

    StageReport report =
        stage.run(with(job(spec, "learned"), shared.resolve("model"), images), heard::add);

    List<CandidateFact> candidates = report.facts().candidates();
    assertThat(candidates).hasSizeBetween(1, 4);
    assertThat(candidates.stream().filter(CandidateFact::chosen)).hasSize(1);
    CandidateFact chosen =
        candidates.stream().filter(CandidateFact::chosen).findFirst().orElseThrow();
    assertThat(candidates)
        .allSatisfy(
            each ->
                assertThat(each.score().orElseThrow().value())
                    .isGreaterThanOrEqualTo(chosen.score().orElseThrow().value()));
    assertThat(chosen.score().orElseThrow().metric()).isEqualTo("lossAfterLearning");
    assertThat(heard.stream().filter(each -> each.phase().startsWith("training candidate")))
        .hasSize(2 * candidates.size());
    assertThat(own.resolve("checkpoints/candidate")).doesNotExist();
    heard.clear();
    stage.run(with(job(spec, "again"), shared.resolve("model"), images), heard::add);
    assertThat(heard)
        .as("scores are kept")
        .noneMatch(each -> each.phase().startsWith("training candidate"));
    assertThatThrownBy(() -> stage.check(job(spec, "few")))
        .hasMessageContaining("prune.rankAfter: candidates learn in steps of 64 images");
  }

  @Test
  void what_was_pruned_can_be_pruned_again() throws IOException {
    stage.run(job(SPEC, "one"), Progress.Listener.NONE);
    String less = SPEC.replace("60%", "90%").replace("70%", "90%");
    StageJob again = job(less, "two");
    again = with(again, own.resolve("one"), again.data());

    StageReport report = stage.run(again, Progress.Listener.NONE);

    Metric flops = metric(report, "flops");
    assertThat(flops.after().orElseThrow()).isLessThanOrEqualTo(0.9 * flops.before().orElseThrow());
    assertThat(JSON.readTree(own.resolve("two/espalier.json").toFile()).at("/stages").size())
        .isEqualTo(2);
  }

  @Test
  void every_problem_of_a_job_is_reported_before_anything_is_loaded() {
    StageJob job = job(SPEC.replace("60%", "160%"), "one");
    StageJob bad = with(job, own.resolve("nothing"), Map.of());

    InvalidInputException error =
        Assertions.catchThrowableOfType(InvalidInputException.class, () -> stage.check(bad));

    assertThat(error)
        .hasMessageContaining("'160%'")
        .hasMessageContaining("nothing")
        .hasMessageContaining("pruning needs images");
  }

  @Test
  void images_that_do_not_open_are_refused() {
    StageJob job = job(SPEC, "one");
    StageJob bad = with(job, job.input(), Map.of("eval", own.resolve("gone").toUri()));

    assertThatThrownBy(() -> stage.check(bad))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("gone");
  }

  @Test
  void a_budget_out_of_reach_is_refused_before_anything_is_loaded() {
    StageJob job = job(SPEC.replace("60%", "1%"), "one");

    assertThatThrownBy(() -> stage.check(job))
        .isInstanceOf(InfeasibleException.class)
        .hasMessageContaining("constraint flops: 1%");
  }

  private StageJob job(String spec, String output) {
    URI data = shared.resolve("data").toUri();
    return new StageJob(
        "run",
        0,
        1,
        StageKind.PRUNE,
        spec,
        shared.resolve("model"),
        own.resolve(output),
        own.resolve("checkpoints"),
        Map.of(
            "calibration", URI.create(data + "?split=train"),
            "eval", URI.create(data + "?split=test")),
        7);
  }

  private static StageJob with(StageJob job, Path input, Map<String, URI> data) {
    return new StageJob(
        job.runId(),
        job.stageIndex(),
        job.attempt(),
        job.kind(),
        job.spec(),
        input,
        job.output(),
        job.checkpoints(),
        data,
        job.seed());
  }

  private static Metric metric(StageReport report, String name) {
    return report.metrics().stream()
        .filter(metric -> metric.name().equals(name))
        .findFirst()
        .orElseThrow();
  }
}
