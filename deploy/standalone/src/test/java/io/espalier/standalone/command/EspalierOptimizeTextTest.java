package io.espalier.standalone.command;

import static io.espalier.standalone.command.Ran.espalier;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.model.TextModel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A policy of GradNAS on a small BERT that knows 99 tokens, in a child JVM as users run it. */
class EspalierOptimizeTextTest {
  private static final String POLICY =
      """
      apiVersion: espalier.io/v1
      kind: PruningPolicy
      metadata: { name: reader }
      spec:
        match: { task: question-answering, families: [bert] }
        stages:
          - prune:
              algorithm: gradnas
              constraints: { %s }
              %s
              neuronDivisor: 8
              batchSize: 2
              maxLength: 16
        gates: [ { metric: f1, threshold: 0 } ]
      """;
  private static final List<String> SPECIAL = List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]");
  private static final String QUESTIONS =
      """
      {"data": [{"paragraphs": [{"context": "w5 w6 w7 w8 w9", "qas": [
        {"id": "a", "question": "w10 w11", "answers": [{"text": "w6 w7", "answer_start": 3}]},
        {"id": "b", "question": "w12 w13", "answers": [{"text": "w9", "answer_start": 12}]}]}]}]}
      """;

  @TempDir private Path directory;
  private Path model;

  @BeforeEach
  void copy() throws IOException {
    model = Files.createDirectory(directory.resolve("model"));
    for (String name : List.of("config.json", "model.safetensors")) {
      try (InputStream file = getClass().getResourceAsStream("/reader/" + name)) {
        Files.copy(Objects.requireNonNull(file, name), model.resolve(name));
      }
    }
    tokenizer(99);
  }

  @Test
  void a_reader_is_pruned_within_its_budget() throws IOException {
    Ran run = optimize("flops: 60%", "-o", "json");

    assertThat(run.code()).as(run.err()).isZero();
    double before = run.json().path("before").path("flops").asDouble();
    assertThat(run.json().path("after").path("flops").asDouble())
        .isLessThanOrEqualTo(0.6 * before)
        .isPositive();
    assertThat(run.json().path("after").has("f1")).isTrue();
    assertThat(TextModel.of(ModelDirectory.open(directory.resolve("out"))).architecture())
        .isNotEqualTo(TextModel.of(ModelDirectory.open(model)).architecture());
  }

  @Test
  void what_transformers_opens_comes_with_the_lines_that_open_it() throws IOException {
    Ran run = optimize("flops: 90%");

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out())
        .contains(
            "opens in espalier, safetensors, transformers\n",
            "BertForQuestionAnswering.from_pretrained(\"%s\")".formatted(directory.resolve("out")))
        .doesNotContain("warning");
  }

  @Test
  void what_opens_in_espalier_alone_says_so_aloud() throws IOException {
    Ran run = run(POLICY.formatted("flops: 90%", "output: per-layer"));

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("OPENS ONLY IN ESPALIER", "Weights weights = Weights.load");
  }

  @Test
  void a_latency_that_no_reader_has_on_this_machine_ends_with_code_4_and_the_least_there_is()
      throws IOException {
    Ran run = optimize("latency: 1us");

    assertThat(run.code()).as(run.err()).isEqualTo(4);
    assertThat(run.err())
        .contains("constraint latency: 0.001 ms allows at most 0.001 ms")
        .containsPattern("the smallest model of the search space takes [0-9.]+ ms");
    assertThat(directory.resolve("out")).doesNotExist();
  }

  @Test
  void a_tokenizer_of_another_model_ends_with_code_3() throws IOException {
    tokenizer(120);

    Ran run = optimize("flops: 60%");

    assertThat(run.code()).as(run.err()).isEqualTo(3);
    assertThat(run.err())
        .contains("error: tokenizer.json has token ids up to 119")
        .contains("the model's embedding knows only 99");
    assertThat(directory.resolve("out")).doesNotExist();
  }

  private Ran optimize(String constraints, String... more) throws IOException {
    return run(POLICY.formatted(constraints, ""), more);
  }

  private Ran run(String policyText, String... more) throws IOException {
    Path policy = Files.writeString(directory.resolve("policy.yaml"), policyText);
    Path data = Files.writeString(directory.resolve("questions.json"), QUESTIONS);
    String[] options = {
      "optimize",
      "--model=" + model,
      "--policy=" + policy,
      "--data=eval=" + data,
      "--out=" + directory.resolve("out")
    };
    return espalier(Stream.of(options, more).flatMap(Stream::of).toArray(String[]::new));
  }

  /** A tokenizer of words: {@code w4} is token 4, and so on. */
  private void tokenizer(int tokens) throws IOException {
    String words =
        IntStream.range(0, tokens)
            .mapToObj(id -> "\"%s\": %d".formatted(id < 4 ? SPECIAL.get(id) : "w" + id, id))
            .collect(Collectors.joining(", "));
    String special =
        IntStream.range(0, 4)
            .mapToObj(
                id ->
                    """
                    {"id": %d, "content": "%s", "single_word": false, "lstrip": false,
                     "rstrip": false, "normalized": false, "special": true}\
                    """
                        .formatted(id, SPECIAL.get(id)))
            .collect(Collectors.joining(", "));
    Files.writeString(
        model.resolve("tokenizer.json"),
        """
        {"version": "1.0", "added_tokens": [%s], "normalizer": null,
         "pre_tokenizer": {"type": "Whitespace"},
         "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
         "decoder": null,
         "model": {"type": "WordLevel", "unk_token": "[UNK]", "vocab": {%s}}}
        """
            .formatted(special, words));
  }
}
