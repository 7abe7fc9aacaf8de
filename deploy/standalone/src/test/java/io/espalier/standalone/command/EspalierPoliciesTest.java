package io.espalier.standalone.command;

import static io.espalier.standalone.command.Ran.espalier;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.PruningPolicy;
import io.espalier.schemas.policy.PolicyFile;
import io.espalier.worker.zoo.Zoo;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests of commands on policies without a system. */
class EspalierPoliciesTest {
  private static final String POLICY =
      """
      apiVersion: espalier.io/v1
      kind: PruningPolicy
      metadata: { name: %s }
      spec:
        match: { names: ["%s"], labels: { tier: edge } }
        stages: [ { prune: { algorithm: fastnas, channelDivisor: 8, constraints: { flops: %s } } } ]
      """;

  @TempDir private static Path shared;
  @TempDir private Path directory;

  @BeforeAll
  static void draw() {
    Zoo.writeModel("cifar_resnet20", shared.resolve("net"));
    Zoo.writeShapes(shared.resolve("data"), 64, 64, 7);
  }

  private Path policy(String name, String names, String flops) throws IOException {
    return Files.writeString(
        directory.resolve(name + ".yaml"), POLICY.formatted(name, names, flops));
  }

  private static Ran test(Path policy, String... more) {
    String[] usual = {
      "policies", "test", "--model", shared.resolve("net").toString(), "-f", policy.toString()
    };
    String[] all = Arrays.copyOf(usual, usual.length + more.length);
    System.arraycopy(more, 0, all, usual.length, more.length);
    return espalier(all);
  }

  @Test
  void a_policy_is_tried_on_a_directory_without_a_system() throws IOException {
    Path policy = policy("edge", "n?t", "60%");
    String data = "eval=" + shared.resolve("data") + "?split=test";

    Ran fits = test(policy, "--label", "tier=edge", "--data", data);

    assertThat(fits.code()).isZero();
    assertThat(fits.out())
        .contains("policy 'edge' matches", "names", "n?t", "net", "labels.tier")
        .contains("its first stage would begin: model, data and budget fit");
  }

  @Test
  void without_data_the_budget_of_images_is_judged_all_the_same() throws IOException {
    Ran met = test(policy("met", "*", "60%"), "--label", "tier=edge");
    Ran missed = test(policy("missed", "*", "10%"), "--label", "tier=edge", "-o", "json");

    assertThat(met.code()).isZero();
    assertThat(met.out()).contains("as far as can be seen without data");
    assertThat(missed.code()).isEqualTo(4);
    assertThat(missed.json().at("/policies/0/foresight").asText()).isEqualTo("infeasible");
    assertThat(missed.json().at("/policies/0/reasons/0").asText()).contains("flops");
  }

  @Test
  void a_policy_that_matches_nothing_ends_with_code_5_and_says_why() throws IOException {
    Ran run = test(policy("acme", "acme-*", "60%"), "--name", "my-model", "-o", "json");

    assertThat(run.code()).isEqualTo(5);
    assertThat(run.json().at("/policies/0/matches").asBoolean()).isFalse();
    assertThat(run.json().at("/policies/0/conditions/0/condition").asText()).isEqualTo("names");
    assertThat(run.json().at("/policies/0/conditions/0/found").asText()).isEqualTo("my-model");
    assertThat(run.json().at("/policies/0/conditions/1/found").asText()).isEqualTo("none");
  }

  @Test
  void a_policy_whose_settings_do_not_suit_the_model_ends_with_code_3() throws IOException {
    Path policy = policy("text", "*", "60%");
    Files.writeString(
        policy,
        Files.readString(policy)
            .replace("fastnas, channelDivisor: 8", "gradnas, neuronDivisor: 8"));

    Ran run = test(policy, "--label", "tier=edge");

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.out()).contains("its first stage would not begin", "gradnas");
  }

  @Test
  void policies_are_read_from_standard_input_and_from_several_files() throws IOException {
    InputStream before = System.in;
    String piped =
        POLICY.formatted("piped", "*", "60%") + "---\n" + POLICY.formatted("b", "*", "70%");
    System.setIn(new ByteArrayInputStream(piped.getBytes(UTF_8)));
    try {
      Ran run = test(policy("filed", "*", "60%"), "-f", "-", "--label", "tier=edge", "-o", "json");

      assertThat(run.json().findValuesAsText("name")).containsExactly("b", "filed", "piped");
    } finally {
      System.setIn(before);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "cifar_resnet20       , fastnas , image-classification, accuracy",
    "mobilenetv3_small_100, fastnas , image-classification, accuracy",
    "bert_tiny            , gradnas , question-answering  , f1",
    "gptj_tiny            , minitron, text-generation     , perplexity",
    "llama_tiny           , minitron, text-generation     , perplexity"
  })
  void the_policy_to_begin_with_suits_the_model(
      String network, String algorithm, String task, String metric) throws IOException {
    Path model = directory.resolve(network);
    assertThat(espalier("zoo", "model", network, model.toString()).code()).isZero();
    Path file = directory.resolve("starter.yaml");

    Ran init = espalier("policies", "init", "--model", model.toString(), "--out", file.toString());

    assertThat(init.code()).isZero();
    PruningPolicy policy = PolicyFile.read(file).orThrow().get(0).toAvro(1);
    assertThat(policy.getMatch().getTask()).isEqualTo(task);
    assertThat(policy.getStages().get(0).getSpec()).contains("\"" + algorithm + "\"");
    assertThat(policy.getGates().get(0).getMetric()).isEqualTo(metric);
    Ran tried = espalier("policies", "test", "--model", model.toString(), "-f", file.toString());
    assertThat(tried.code()).as(tried.out()).isZero();
  }

  @Test
  void the_policy_to_begin_with_replaces_no_file() throws IOException {
    Path file = Files.writeString(directory.resolve("mine.yaml"), "precious");
    String model = shared.resolve("net").toString();

    Ran refused = espalier("policies", "init", "--model", model, "--out", file.toString());
    Ran printed = espalier("policies", "init", "--model", model);

    assertThat(refused.code()).isEqualTo(3);
    assertThat(refused.err()).contains("wanted a new file, found one");
    assertThat(Files.readString(file)).isEqualTo("precious");
    assertThat(PolicyFile.parse("printed", printed.out()).valid()).isTrue();
  }

  @Test
  void the_schema_is_printed_as_it_is_published() throws IOException {
    assertThat(espalier("policies", "schema").out().strip()).isEqualTo(PolicyFile.schema().strip());
    assertThat(espalier("policies", "schema", "-o", "json").json().path("title").asText())
        .isEqualTo("PruningPolicy");
  }

  @Test
  void data_that_are_not_there_are_refused_before_the_system_is_asked() {
    Ran run =
        espalier(
            "models",
            "register",
            "net",
            "1",
            "--artifact",
            shared.resolve("net").toString(),
            "--data",
            "eval=" + shared.resolve("dta") + "?split=test",
            "--data",
            "evil=" + shared.resolve("data"),
            "--bootstrap-servers",
            "localhost:1");

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err())
        .contains("wanted a file or a directory, found nothing at " + shared.resolve("dta"))
        .contains("data role 'evil' is not known");
  }
}
