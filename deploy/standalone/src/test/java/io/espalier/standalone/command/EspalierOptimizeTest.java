package io.espalier.standalone.command;

import static io.espalier.standalone.command.Ran.espalier;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.checkpoint.Manifest;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EspalierOptimizeTest {
  private static final String POLICY =
      """
      apiVersion: espalier.io/v1
      kind: PruningPolicy
      metadata: { name: small }
      spec:
        match: {}
        stages:
          - prune:
              algorithm: fastnas
              constraints: { flops: 95%% }
              channelDivisor: 16
              score: agreement
              layers: [ { match: "layer2.*", exclude: true } ]
        gates: [ %s ]
      """;

  @TempDir private Path directory;

  private Ran optimize(String gate, String... more) throws IOException {
    return run(POLICY.formatted(gate), more);
  }

  private Ran run(String policyText, String... more) throws IOException {
    Path model = directory.resolve("model");
    Path data = directory.resolve("data");
    if (Files.notExists(model)) {
      assertThat(espalier("zoo", "model", "cifar_resnet20", model.toString()).code()).isZero();
      assertThat(espalier("zoo", "data", data.toString(), "--train", "1", "--test", "16").code())
          .isZero();
    }
    Path policy = Files.writeString(directory.resolve("policy.yaml"), policyText);
    String[] options = {
      "optimize",
      "--model=" + model,
      "--policy=" + policy,
      "--data=eval=" + data + "?split=test",
      "--scores=" + directory.resolve("scores"),
      "--out=" + directory.resolve("out")
    };
    List<String> all = new ArrayList<>(Arrays.asList(options));
    all.removeIf(usual -> Stream.of(more).anyMatch(other -> key(other).equals(key(usual))));
    all.addAll(Arrays.asList(more));
    return espalier(all.toArray(String[]::new));
  }

  /** Returns what an option sets, such as {@code --data=eval}. */
  private static String key(String option) {
    return option.replaceFirst("^(--data=[a-z]+|--[a-z]+)=.*", "$1");
  }

  @Test
  void a_result_says_where_its_report_is() throws IOException {
    Ran run = optimize("{ metric: agreement, threshold: 0.01 }", "-o", "json");

    Path report = directory.resolve("out/report.html");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.json().path("report").asText()).isEqualTo(report.toString());
    assertThat(report).content().contains("<html", "<title>model, pruned</title>");
    JsonNode identity =
        new ObjectMapper().readTree(directory.resolve("out/report.json").toFile()).path("identity");
    assertThat(identity.at("/model/name").asText()).isEqualTo("model");
    assertThat(identity.at("/policy/name").asText()).isEqualTo("small");
    assertThat(identity.path("cause").asText())
        .startsWith("espalier optimize --model=" + directory.resolve("model"));
    assertThat(identity.path("rootDigest").asText())
        .isEqualTo(run.json().at("/artifact/rootDigest").asText())
        .isEqualTo(Manifest.of(directory.resolve("out")).rootDigest());
    assertThat(identity.path("gates"))
        .singleElement()
        .satisfies(
            gate -> {
              assertThat(gate.path("passed").asBoolean()).isTrue();
              assertThat(gate.path("words").asText()).startsWith("agreement threshold");
            });
    assertThat(identity.has("run")).as("there is none").isFalse();
    assertThat(run.json().path("after").path("flops").asLong())
        .isLessThanOrEqualTo(81_102_080L * 95 / 100);
    assertThat(directory.resolve("scores")).isNotEmptyDirectory();
  }

  @Test
  void a_link_to_an_empty_directory_is_followed_and_stays() throws IOException {
    Path real = Files.createDirectories(directory.resolve("disk/models/out"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), real);

    Ran run = optimize("{ metric: agreement, threshold: 0.01 }", "--out=" + link);

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(link).isSymbolicLink();
    assertThat(real.resolve("model.safetensors")).isRegularFile();
  }

  @Test
  void a_link_that_leads_nowhere_is_no_place_for_a_result() throws IOException {
    Path link = Files.createSymbolicLink(directory.resolve("link"), directory.resolve("gone"));

    Ran run = optimize("{ metric: agreement, threshold: 0.01 }", "--out=" + link);

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err()).contains(link + ": ", "leads nowhere");
    assertThat(link).isSymbolicLink();
  }

  @Test
  void scores_hold_for_a_model_whose_card_changed_but_not_for_one_whose_config_did()
      throws IOException {
    String gate = "{ metric: agreement, threshold: 0.01 }";
    Path model = directory.resolve("model");
    assertThat(optimize(gate, "--out=" + directory.resolve("one")).code()).isZero();
    List<String> scores = scores();

    Files.writeString(model.resolve("README.md"), "# A new card");
    assertThat(optimize(gate, "--out=" + directory.resolve("two")).code()).isZero();
    List<String> scoresAfterCard = scores();
    String config =
        Files.readString(model.resolve("config.json")).replaceFirst("\\{", "{\"x\": 1,");
    Path other = Files.createDirectories(directory.resolve("other"));
    Files.copy(model.resolve("model.safetensors"), other.resolve("model.safetensors"));
    Files.writeString(other.resolve("config.json"), config);
    Ran changed = optimize(gate, "--model=" + other, "--out=" + directory.resolve("three"));

    assertThat(scoresAfterCard).isEqualTo(scores).isNotEmpty();
    assertThat(changed.code()).as(changed.err()).isZero();
    assertThat(scores()).hasSize(2 * scores.size());
  }

  private List<String> scores() throws IOException {
    try (Stream<Path> files = Files.walk(directory.resolve("scores"))) {
      return files.filter(Files::isRegularFile).map(Path::toString).sorted().toList();
    }
  }

  @Test
  void a_gate_on_what_images_without_labels_cannot_tell_is_refused_before_any_work()
      throws IOException {
    Path images = Files.createDirectories(directory.resolve("images"));
    for (int i = 0; i < 4; i++) {
      var image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
      ImageIO.write(image, "png", images.resolve(i + ".png").toFile());
    }

    Ran run =
        optimize(
            "{ metric: accuracy, maxDegradation: 0.01 }, { metric: agreement, threshold: 0 }",
            "--data=calibration=" + images,
            "--data=eval=" + images,
            "--out=" + directory.resolve("new/deep/out"));

    assertThat(run.code()).as(run.err()).isEqualTo(3);
    assertThat(run.err())
        .contains("gate on accuracy", "no classes", "parameters, flops, bytes, agreement")
        .doesNotContain("gate on agreement");
    assertThat(directory.resolve("new")).doesNotExist();
  }

  @Test
  void a_model_without_a_width_to_choose_is_refused_in_short_lines() throws IOException {
    Ran run = run(POLICY.formatted("").replace("Divisor: 16", "Divisor: 256"));

    assertThat(run.code()).as(run.err()).isEqualTo(3);
    assertThat(run.err().lines())
        .filteredOn(line -> line.startsWith("error: "))
        .singleElement()
        .asString()
        .contains("none of the ", "smaller divisor of channels");
    assertThat(run.err().lines())
        .anySatisfy(line -> assertThat(line).matches(" {7}[0-9]+ ax[ei]s: .*"))
        .allSatisfy(line -> assertThat(line).hasSizeLessThan(180));
  }

  @Test
  void a_gate_on_a_misspelt_metric_is_refused_with_those_that_there_are() throws IOException {
    Ran run = optimize("{ metric: accuracyy, maxDegradation: 0.01 }");

    assertThat(run.code()).as(run.err()).isEqualTo(3);
    assertThat(run.err()).contains("'accuracyy'", "accuracy, agreement, bytes");
  }

  @Test
  void a_result_that_a_gate_refuses_leaves_its_report_and_a_budget_that_would_pass()
      throws IOException {
    Ran run =
        optimize(
            "{ metric: bytes, maxBytes: 700000 }",
            "--out=" + directory.resolve("new/deep/out"),
            "-o",
            "json");

    Path rejected = directory.resolve("new/deep/out-rejected");
    assertThat(run.code()).as(run.err()).isEqualTo(5);
    assertThat(directory.resolve("new/deep/out")).doesNotExist();
    assertThat(run.json().path("report").asText()).isEqualTo(rejected + "/report.html");
    assertThat(rejected.resolve("report.html")).content().contains("<html");
    assertThat(rejected.resolve("model.safetensors")).doesNotExist();
    assertThat(run.json().at("/foretold/constraints/bytes").asText()).isEqualTo("700000");
    assertThat(run.json().at("/foretold/metrics/bytes").asLong()).isLessThanOrEqualTo(700_000);
    assertThat(run.json().path("artifact").isMissingNode()).isTrue();
  }

  @Test
  void a_folder_for_scores_that_cannot_be_written_is_refused_before_any_work() throws IOException {
    Path file = Files.writeString(directory.resolve("scores"), "mine");

    Ran run = optimize("{ metric: agreement, threshold: 0.01 }");

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err()).contains(file.toString(), "no folder that can be written");
    assertThat(file).hasContent("mine");
    assertThat(directory.resolve("out")).doesNotExist();
  }

  @Test
  void data_that_are_not_there_are_refused_even_where_the_policy_names_that_role()
      throws IOException {
    Path data = directory.resolve("data");
    String policy =
        POLICY
            .formatted("")
            .replace("match: {}", "match: {}\n  data: { eval: '%s' }".formatted(data.toUri()));

    Ran run = run(policy, "--data=eval=" + directory.resolve("lost?split=test"));

    assertThat(run.code()).as(run.err()).isEqualTo(3);
    assertThat(run.err()).contains("data for eval: there is no " + directory.resolve("lost"));
  }

  @Test
  void an_output_below_a_file_is_refused_with_the_reason() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "mine");

    Ran run = optimize("{ metric: agreement, threshold: 0 }", "--out=" + file.resolve("deep/out"));

    assertThat(run.code()).as(run.err()).isEqualTo(3);
    assertThat(run.err()).contains("cannot be written", file + " is in the way");
    assertThat(file).hasContent("mine");
  }

  @Test
  void a_link_to_an_empty_directory_stays_a_link() throws IOException {
    Path real = Files.createDirectory(directory.resolve("real"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), real);

    Ran run = optimize("{ metric: agreement, threshold: 0 }", "--out=" + link);

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(link).isSymbolicLink();
    assertThat(real.resolve("model.safetensors")).exists();
  }
}
