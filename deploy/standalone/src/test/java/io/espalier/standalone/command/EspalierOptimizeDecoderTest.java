package io.espalier.standalone.command;

import static io.espalier.standalone.command.Ran.espalier;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.zoo.DemoText;
import io.espalier.worker.zoo.DrawnText;
import io.espalier.worker.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A policy of Minitron on the zoo's small Llama, in a child JVM as users run it. */
class EspalierOptimizeDecoderTest {
  private static final String POLICY =
      """
      apiVersion: espalier.io/v1
      kind: PruningPolicy
      metadata: { name: teller }
      spec:
        match: { task: text-generation, families: [llama] }
        stages:
          - prune:
              algorithm: minitron
              %s
              maxLength: 32
              batches: 2
        gates: [ { metric: flopsPerToken, percentMaxDegradation: 0 } ]
      """;

  @TempDir private Path directory;

  @BeforeEach
  void draw() {
    Zoo.writeRandomText(DemoText.TALES.start(), directory.resolve("model"));
    Zoo.writeTexts(DrawnText.TALES, directory.resolve("data"), 1, 40, 7);
  }

  @Test
  void a_decoder_gets_the_sizes_that_were_asked_for_and_a_report() throws IOException {
    Ran run = optimize("export: { num_layers: 4, ffn_hidden_size: 96 }", "-o", "json");

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.json().path("after").path("flopsPerToken").asDouble())
        .isEqualTo(run.json().path("after").path("flops").asDouble() / 32);
    assertThat(Files.readString(directory.resolve("out/config.json")))
        .contains("\"num_hidden_layers\" : 4", "\"intermediate_size\" : 96");
    assertThat(directory.resolve("out/report.html")).exists();
  }

  @Test
  void a_budget_that_no_candidate_meets_ends_with_code_4_and_the_smallest_there_is()
      throws IOException {
    Ran run = optimize("constraints: { flopsPerToken: 1000 }");

    assertThat(run.code()).as(run.err()).isEqualTo(4);
    assertThat(run.err())
        .contains("constraint flops: 1000 per token allows at most 32,000 FLOPs")
        .containsPattern(
            "the smallest candidate \\(hidden \\d+, neurons \\d+, .*\\) has [\\d,]+ \\(");
    assertThat(directory.resolve("out")).doesNotExist();
  }

  @Test
  void a_latency_that_no_candidate_has_on_this_machine_ends_with_code_4_and_where_the_least_is()
      throws IOException {
    Ran run = optimize("constraints: { latency: 1us }");

    assertThat(run.code()).as(run.err()).isEqualTo(4);
    assertThat(run.err())
        .contains("constraint latency: 0.001 ms allows at most 0.001 ms")
        .containsPattern("the smallest candidate \\(hidden \\d+, .*\\) takes [\\d.]+ ms");
    assertThat(directory.resolve("out")).doesNotExist();
  }

  private Ran optimize(String asked, String... more) throws IOException {
    Path policy = Files.writeString(directory.resolve("policy.yaml"), POLICY.formatted(asked));
    var options = new ArrayList<String>();
    options.add("optimize");
    options.add("--model=" + directory.resolve("model"));
    options.add("--policy=" + policy);
    options.add("--data=eval=" + directory.resolve("data/test.txt"));
    options.add("--out=" + directory.resolve("out"));
    options.addAll(List.of(more));
    return espalier(options.toArray(String[]::new));
  }
}
