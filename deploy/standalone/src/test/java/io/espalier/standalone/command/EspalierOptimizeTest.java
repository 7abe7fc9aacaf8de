package io.espalier.standalone.command;

import static io.espalier.standalone.command.Ran.espalier;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
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
    Path model = directory.resolve("model");
    Path data = directory.resolve("data");
    assertThat(espalier("zoo", "model", "cifar_resnet20", model.toString()).code()).isZero();
    assertThat(espalier("zoo", "data", data.toString(), "--train", "1", "--test", "16").code())
        .isZero();
    Path policy = Files.writeString(directory.resolve("policy.yaml"), POLICY.formatted(gate));
    String[] options = {
      "optimize",
      "--model=" + model,
      "--policy=" + policy,
      "--data=eval=" + data + "?split=test",
      "--scores=" + directory.resolve("scores"),
      "--out=" + directory.resolve("out")
    };
    String[] all = Arrays.copyOf(options, options.length + more.length);
    System.arraycopy(more, 0, all, options.length, more.length);
    return espalier(all);
  }

  @Test
  void a_result_says_where_its_report_is() throws IOException {
    Ran run = optimize("{ metric: agreement, threshold: 0.01 }", "-o", "json");

    Path report = directory.resolve("out/report.html");
    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.json().path("report").asText()).isEqualTo(report.toString());
    assertThat(report).content().contains("<html");
    assertThat(run.json().path("after").path("flops").asLong())
        .isLessThanOrEqualTo(81_102_080L * 95 / 100);
    assertThat(directory.resolve("scores")).isNotEmptyDirectory();
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
  void a_result_that_a_gate_refuses_has_no_report() throws IOException {
    Ran run = optimize("{ metric: bytes, maxBytes: 1000 }");

    assertThat(run.code()).as(run.err()).isEqualTo(5);
    assertThat(run.out()).contains("nothing was written").doesNotContain("report");
    assertThat(directory.resolve("out")).doesNotExist();
  }
}
