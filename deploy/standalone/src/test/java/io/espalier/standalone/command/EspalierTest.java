package io.espalier.standalone.command;

import static io.espalier.standalone.command.Ran.espalier;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EspalierTest {
  private static final String POLICY =
      """
      apiVersion: espalier.io/v1
      kind: PruningPolicy
      metadata: { name: small }
      spec:
        match: {}
        stages: [ { prune: { algorithm: fastnas, constraints: { flops: 60%% } %s } } ]
      """;

  @TempDir private Path directory;

  private Path model() {
    Path model = directory.resolve("model");
    assertThat(espalier("zoo", "model", "cifar_resnet20", model.toString()).code()).isZero();
    return model;
  }

  private Path policy(String more) throws IOException {
    return Files.writeString(directory.resolve("policy.yaml"), POLICY.formatted(more));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--help",
        "demo --help",
        "up --help",
        "setup --help",
        "optimize --help",
        "compare --help",
        "inspect --help",
        "profile --help",
        "evaluate --help",
        "zoo train --help",
        "models register --help",
        "policies apply --help",
        "policies list --help",
        "policies diff --help",
        "policies show --help",
        "policies delete --help",
        "policies test --help",
        "policies init --help",
        "policies schema --help",
        "runs list --help",
        "runs show --help",
        "runs watch --help",
        "runs cancel --help",
        "runs retry --help",
        "workers list --help",
        "reports index --help",
        "streams --help",
        "worker --help"
      })
  void every_command_explains_itself(String command) {
    Ran run = espalier(command.split(" ", -1));

    assertThat(run.code()).isZero();
    assertThat(run.out()).startsWith("Usage: espalier").contains("--help");
    assertThat(run.err()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "frobnicate",
        "inspect",
        "inspect a b",
        "optimize --model x",
        "runs show",
        "inspect x -o xml",
        "setup --partitions many",
        "profile --model x --algorithm autonas"
      })
  void wrong_usage_ends_with_code_2_and_says_where_help_is(String command) {
    Ran run = espalier(command.split(" ", -1));

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith("error: ").contains("--help");
  }

  @Test
  void inspecting_a_model_tells_its_family_its_costs_and_its_axes() throws IOException {
    Ran run = espalier("inspect", model().toString(), "-o", "json");

    assertThat(run.code()).isZero();
    assertThat(run.json().fieldNames())
        .toIterable()
        .containsExactly(
            "directory",
            "family",
            "architecture",
            "rootDigest",
            "parameters",
            "flops",
            "bytes",
            "tensorCount",
            "notCounted",
            "tensorsByType",
            "axes",
            "layers");
    assertThat(run.json().path("family").asText()).isEqualTo("resnet");
    long kernels = 9 * (3 * 16 + 6 * 16 * 16 + 16 * 32 + 5 * 32 * 32 + 32 * 64 + 5 * 64 * 64);
    assertThat(run.json().path("parameters").asLong()).isEqualTo(kernels + 64 * 10 + 10);
    long macs =
        9L * 32 * 32 * (3 * 16 + 6 * 16 * 16)
            + 9L * 16 * 16 * (16 * 32 + 5 * 32 * 32)
            + 9L * 8 * 8 * (32 * 64 + 5 * 64 * 64)
            + 64 * 10;
    assertThat(run.json().path("flops").asLong()).isEqualTo(2 * macs);
  }

  @Test
  void yaml_says_the_same_as_json() throws IOException {
    String model = model().toString();

    Ran json = espalier("profile", "--model", model, "--channel-divisor", "8", "-o", "json");
    Ran yaml = espalier("-o", "yaml", "profile", "--model", model, "--channel-divisor", "8");

    assertThat(json.code()).isZero();
    assertThat(new YAMLMapper().readTree(yaml.out())).isEqualTo(json.json());
  }

  @Test
  void a_directory_that_holds_no_model_ends_with_code_3() {
    Ran run = espalier("inspect", directory.toString());

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).startsWith("error: ").contains("config.json");
  }

  @Test
  void a_bad_policy_ends_with_code_3_and_every_problem_before_anything_is_run() throws IOException {
    Path policy = policy(", channelDivisor: 0, steps: 3");

    Ran run =
        espalier(
            "optimize",
            "--model",
            model().toString(),
            "--policy",
            policy.toString(),
            "--out",
            directory.resolve("out").toString());

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err().lines()).hasSize(2).allMatch(line -> line.startsWith("error: "));
    assertThat(run.err()).contains("policy.yaml:6", "channelDivisor", "steps");
    assertThat(directory.resolve("out")).doesNotExist();
  }

  @Test
  void an_unreachable_constraint_ends_with_code_4_but_shows_the_table() throws IOException {
    Ran run =
        espalier(
            "profile",
            "--model",
            model().toString(),
            "--channel-divisor",
            "16",
            "--constraint",
            "flops=60%",
            "-o",
            "json");

    assertThat(run.code()).isEqualTo(4);
    assertThat(run.json().path("min").path("flops").asLong()).isEqualTo(48_661_760L);
    assertThat(run.json().path("constraints").get(0).path("satisfiable").asBoolean()).isFalse();
  }

  @Test
  void a_system_that_is_not_there_ends_with_code_6_within_ten_seconds() {
    long start = System.nanoTime();

    Ran run =
        espalier(
            "runs",
            "list",
            "--bootstrap-servers",
            "localhost:1",
            "--connect-timeout",
            "2",
            "--registry-url",
            "http://localhost:1");

    assertThat(run.code()).isEqualTo(6);
    assertThat(run.err()).contains("localhost:1", "espalier up", "ESPALIER_BOOTSTRAP_SERVERS");
    assertThat(run.err()).contains("within 2 s");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(6));
  }

  @Test
  void a_bad_model_is_refused_before_the_system_is_asked() {
    Ran run =
        espalier(
            "models",
            "register",
            "name",
            "1",
            "--artifact",
            directory.toString(),
            "--task",
            "image-classification",
            "--bootstrap-servers",
            "localhost:1");

    assertThat(run.code()).isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"../../evil", "a//b", "a\u202Eb", "a\u009b2J", ".hidden", ""})
  void a_name_that_the_coordinator_would_refuse_is_refused(String name) {
    Ran run =
        espalier(
            "models",
            "register",
            name,
            "1",
            "--artifact",
            model().toString(),
            "--task",
            "image-classification",
            "--label",
            "tier=edge\u200B",
            "--bootstrap-servers",
            "localhost:1");

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err())
        .contains("error: name must")
        .contains("error: value of a label must have no control");
  }

  @Test
  void the_demo_does_not_write_into_a_directory_that_holds_something() throws IOException {
    Files.writeString(directory.resolve("precious"), "x");

    Ran run = espalier("demo", "--dir", directory.toString());

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err()).contains(directory.toString());
  }

  @Test
  void optimize_refuses_a_policy_for_another_family_or_task() throws IOException {
    Path model = model();
    String text = POLICY.formatted("");
    Path family = directory.resolve("family.yaml");
    Path task = directory.resolve("task.yaml");
    Files.writeString(family, text.replace("match: {}", "match: { families: [bert] }"));
    Files.writeString(task, text.replace("match: {}", "match: { task: text-generation }"));
    String out = directory.resolve("out").toString();

    Ran first =
        espalier(
            "optimize", "--model", model.toString(), "--policy", family.toString(), "--out", out);
    Ran second =
        espalier(
            "optimize", "--model", model.toString(), "--policy", task.toString(), "--out", out);

    assertThat(first.code()).isEqualTo(3);
    assertThat(first.err()).contains("bert").contains("family resnet");
    assertThat(second.code()).isEqualTo(3);
    assertThat(second.err()).contains("text-generation").contains("image-classification");
    assertThat(Path.of(out)).doesNotExist();
  }

  @Test
  void the_zoo_writes_texts_and_models_that_read_them() {
    Path data = directory.resolve("questions");
    Path model = directory.resolve("reader");

    assertThat(
            espalier(
                    "zoo",
                    "data",
                    data.toString(),
                    "--kind",
                    "questions",
                    "--train",
                    "3",
                    "--test",
                    "4")
                .out())
        .contains("questions/?split=train");
    assertThat(
            espalier("zoo", "model", "gpt2_tiny", model.toString(), "--task", "text-classification")
                .code())
        .isZero();

    assertThat(data.resolve("train.json")).exists();
    assertThat(espalier("inspect", model.toString()).out())
        .contains("GPT2ForSequenceClassification");
    assertThat(espalier("zoo", "list").out())
        .contains("question-answering, text-classification, fill-mask, feature-extraction");
    Ran refused = espalier("zoo", "data", data.toString(), "--kind", "poems");
    assertThat(refused.code()).isEqualTo(3);
    assertThat(refused.err()).contains("shapes, questions, opinions, tales");
  }

  @Test
  void the_zoo_writes_only_where_nothing_else_is_and_says_why_it_cannot() throws IOException {
    Path shapes = directory.resolve("shapes");
    Path file = Files.writeString(directory.resolve("file"), "mine");
    assertThat(espalier("zoo", "data", shapes.toString(), "--train", "1", "--test", "1").code())
        .isZero();

    Ran mixed = espalier("zoo", "data", shapes.toString(), "--kind", "opinions");
    Ran data = espalier("zoo", "data", file + "/data");
    Ran model = espalier("zoo", "model", "cifar_resnet20", file.toString());

    assertThat(mixed.code()).isEqualTo(3);
    assertThat(mixed.err()).contains("a data set needs a directory of its own", "batches.meta");
    assertThat(data.code()).isEqualTo(3);
    assertThat(data.err()).contains("cannot be written", file.toString());
    assertThat(model.code()).isEqualTo(3);
    assertThat(model.err()).contains("cannot be written", file + " is in the way");
  }

  @Test
  void directories_without_reports_cannot_be_compared() {
    Ran one = espalier("compare", directory.toString());
    Ran two = espalier("compare", directory + "/a", directory + "/b");

    assertThat(one.code()).isEqualTo(2);
    assertThat(two.code()).isEqualTo(3);
    assertThat(two.err().lines()).hasSize(2).allMatch(line -> line.contains("report.json"));
  }

  @Test
  void what_the_zoo_does_not_have_is_refused_with_what_it_has() {
    Ran run = espalier("zoo", "model", "resnet20", directory.resolve("m").toString());

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err()).contains("'resnet20'").contains("cifar_resnet20");
  }

  @Test
  void numbers_of_threads_and_empty_data_are_refused_before_anything_starts() {
    Path model = model();
    Ran threads =
        espalier("evaluate", "--model", model.toString(), "--data", "d", "--threads", "0");
    Ran data = espalier("evaluate", "--model", model.toString(), "--data", "");

    assertThat(threads.code()).isEqualTo(2);
    assertThat(threads.err()).contains("--threads must be at least 1, but is 0");
    assertThat(data.code()).isEqualTo(3);
    assertThat(data.err()).contains("empty");
  }
}
