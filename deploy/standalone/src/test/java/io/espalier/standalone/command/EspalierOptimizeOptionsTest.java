package io.espalier.standalone.command;

import static io.espalier.standalone.command.Ran.espalier;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Prunings that are asked for by options, in child JVMs as users run them. */
class EspalierOptimizeOptionsTest {
  @TempDir private Path directory;

  @BeforeEach
  void makeModelAndData() {
    assertThat(espalier("zoo", "model", "cifar_resnet20", directory + "/model").code()).isZero();
    assertThat(espalier("zoo", "data", directory + "/data", "--train", "1", "--test", "16").code())
        .isZero();
  }

  private Ran optimize(String... more) {
    List<String> all = new ArrayList<>(List.of("optimize", "--model=" + directory + "/model"));
    all.add("--data=eval=" + directory + "/data?split=test");
    all.add("--scores=" + directory + "/scores");
    all.addAll(List.of("--algorithm=fastnas", "--set=channelDivisor=16", "--set=score=agreement"));
    all.add("--set=layers=[{match: 'layer2.*', exclude: true}]");
    all.add("--out=" + directory + "/out");
    all.addAll(List.of(more));
    return espalier(all.toArray(String[]::new));
  }

  @Test
  void several_values_become_results_side_by_side_from_one_measurement() throws IOException {
    Ran run = optimize("--constraint=flops=10%,95%,90%", "-o", "json");

    assertThat(run.code()).as(run.err()).isEqualTo(4);
    JsonNode budgets = run.json().path("budgets");
    assertThat(budgets)
        .extracting(budget -> budget.path("status").asText())
        .containsExactly("infeasible", "accepted", "accepted");
    assertThat(budgets.get(0).path("problem").asText()).contains("constraint flops: 10% allows");
    assertThat(budgets.get(1).path("scoresReused").asBoolean()).isFalse();
    assertThat(budgets.get(2).path("scoresReused").asBoolean()).isTrue();
    assertThat(flops(budgets.get(1))).isLessThanOrEqualTo(81_102_080L * 95 / 100);
    assertThat(flops(budgets.get(2))).isLessThanOrEqualTo(81_102_080L * 90 / 100);
    assertThat(directory.resolve("out/flops-95pct/model.safetensors")).exists();
    assertThat(directory.resolve("out/flops-90pct.policy.yaml")).content().contains("flops: 90%");
    assertThat(directory.resolve("out/comparison.html"))
        .content()
        .contains("flops-95pct", "flops-90pct/report.html");
    assertThat(run.json().at("/comparison/results")).hasSize(2);
    assertThatResultsCanBeComparedAgain();
    assertThatTheSameCommandLeavesThemAsTheyAre(budgets.get(1));
  }

  private void assertThatTheSameCommandLeavesThemAsTheyAre(JsonNode first) throws IOException {
    Ran again = optimize("--constraint=flops=95%,90%", "-o", "json");

    assertThat(again.code()).as(again.err()).isZero();
    assertThat(again.json().path("budgets"))
        .hasSize(2)
        .allMatch(budget -> budget.path("resultReused").asBoolean());
    assertThat(again.json().at("/comparison/results/0/metrics/flops/after").asLong())
        .isEqualTo(flops(first));
    Ran other = optimize("--constraint=flops=95%,90%", "--set=scoreImages=8");
    assertThat(other.code()).isEqualTo(3);
    assertThat(other.err()).contains("should be a new or empty directory");
  }

  private void assertThatResultsCanBeComparedAgain() {
    Ran run = espalier("compare", directory + "/out/flops-95pct", directory + "/out/flops-90pct");

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("original", "flops-95pct", "flops-90pct", "flops 95%", "81,102,080", "agreement")
        .containsPattern("widths differ at [1-9] of 14 axes");
  }

  private static long flops(JsonNode budget) {
    return budget.path("after").path("flops").asLong();
  }

  @Test
  void the_policy_that_options_amount_to_is_printed_and_does_the_same() throws IOException {
    Ran printed = optimize("--constraint=flops=95%", "--print-policy");
    Path policy = Files.writeString(directory.resolve("printed.yaml"), printed.out());

    Ran again =
        espalier(
            "optimize",
            "--model=" + directory + "/model",
            "--policy=" + policy,
            "--scores=" + directory + "/scores",
            "--out=" + directory + "/by-policy");
    Ran asked = optimize("--constraint=flops=95%", "-o", "json");

    assertThat(again.code()).as(again.err()).isZero();
    assertThat(asked.code()).as(asked.err()).isZero();
    String digest = asked.json().at("/artifact/rootDigest").asText();
    assertThat(again.out()).contains(digest);
    assertThat(asked.json().path("policyFile").asText()).isEqualTo(directory + "/out.policy.yaml");
    assertThat(directory.resolve("out.policy.yaml")).content().endsWith(printed.out());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--constraint=flops",
        "--constraint=flops=",
        "--constraint=flops=50%,,60%",
        "--constraint=flops=50%\n--constraint=flops=60%",
        "--policy=policy.yaml"
      })
  void what_cannot_be_meant_is_wrong_usage(String more) {
    Ran run = optimize(more.split("\n", -1));

    assertThat(run.code()).as(run.err()).isEqualTo(2);
    assertThat(run.err()).startsWith("error: ").contains("espalier optimize --help");
  }

  @Test
  void what_a_policy_would_refuse_is_refused_by_the_option() {
    Ran run = optimize("--constraint=flops=lots", "--gate=accuracyy maxDegradation=0.1");

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err())
        .contains("error: --constraint flops: must be a number")
        .contains("error: --gate 'accuracyy maxDegradation=0.1': no stage measures");
    assertThat(directory.resolve("out")).doesNotExist();
  }
}
