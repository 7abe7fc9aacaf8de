package io.espalier.worker.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.text.TextDatasets;
import io.espalier.worker.data.text.TextSettings;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.stage.evaluate.EvaluateStage;
import io.espalier.worker.stage.job.Folders;
import io.espalier.worker.tensor.Golden;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models whose last layer is zero, so that what they say, and what that is worth, is known. */
final class EvaluateTextTest {
  private static final double ROUNDING = 1e-5;

  /** Words of the tokenizer of squad-windows. */
  private static final int VOCABULARY = 420;

  private static final String GPT2 =
      """
      {"model_type": "gpt2", "architectures": ["%s"], "vocab_size": 420,
       "n_embd": 32, "n_head": 4, "n_layer": 2, "n_positions": 64, "eos_token_id": 0}
      """;

  private final EvaluateStage stage = new EvaluateStage();

  @TempDir private Path directory;

  @Test
  void a_classifier_that_always_says_the_first_label_is_right_as_often_as_that_is()
      throws IOException {
    Path model =
        model(
            TextModels.BERT.formatted("BertForSequenceClassification"),
            Map.of("classifier.weight", 0.0, "classifier.bias", 0.0));
    URI data =
        data(
            "texts.jsonl",
            "{\"text\": \"the river\", \"label\": 0}",
            "{\"text\": \"a house\", \"label\": 1}",
            "{\"text\": \"who built it\", \"label\": 0}",
            "{\"text\": \"the bridge\", \"label\": 0}");

    StageReport report = run(model, data, "{\"latencyRepetitions\": 2, \"maxLength\": 16}");

    assertThat(report.metrics())
        .extracting(Metric::name)
        .containsExactly("accuracy", "f1", "loss", "parameters", "flops", "bytes", "latencyMillis");
    assertThat(after(report, "accuracy")).isEqualTo(0.75);
    // label 0: precision 3/4, recall 1; label 1: never given
    assertThat(after(report, "f1")).isCloseTo((2 * 0.75 / 1.75 + 0) / 2, within(1e-12));
    assertThat(after(report, "loss")).isCloseTo(Math.log(2), within(ROUNDING));
    assertThat(metric(report, "loss").samples()).hasValue(4);
    assertThat(metric(report, "loss").dataset()).contains(data.toString());
    assertThat(report.metrics()).allSatisfy(metric -> assertThat(metric.before()).isEmpty());
    assertThat(report.change().get("latencyMillis")).endsWith("; one sequence of 16 tokens");
    for (String file : List.of("config.json", "model.safetensors", "tokenizer.json")) {
      assertThat(directory.resolve("out").resolve(file))
          .hasSameBinaryContentAs(model.resolve(file));
    }
  }

  @Test
  void a_model_of_several_labels_is_measured_by_sigmoids() throws IOException {
    Path model =
        model(
            several("'problem_type': 'multi_label_classification', 'num_labels': 3,"),
            Map.of("classifier.weight", 0.0, "classifier.bias", 2.0));
    URI data =
        data(
            "texts.jsonl",
            "{\"text\": \"the river\", \"label\": [0, 2]}",
            "{\"text\": \"a house\", \"label\": [\"LABEL_2\"]}");

    StageReport report = run(model, data, "{\"latencyRepetitions\": 0}");

    assertThat(report.metrics())
        .extracting(Metric::name)
        .containsExactly("f1Micro", "f1Macro", "loss", "parameters", "flops", "bytes")
        .containsExactlyElementsOf(stage.metrics(job(model, data, "{\"latencyRepetitions\": 0}")));
    // all six are given, three are right: of the labels 1 of 2, 0 of 2, and 2 of 2
    assertThat(after(report, "f1Micro")).isCloseTo(2.0 * 3 / (6 + 3), within(1e-12));
    assertThat(after(report, "f1Macro")).isCloseTo((2.0 / 3 + 0 + 1) / 3, within(1e-12));
    double right = Math.log1p(Math.exp(-2));
    assertThat(after(report, "loss")).isCloseTo(right + 2.0 / 2, within(ROUNDING));
    assertThat(metric(report, "loss").unit()).isEqualTo("nats");
  }

  @Test
  void a_model_of_one_label_is_a_regression() throws IOException {
    Path model =
        model(
            several("'num_labels': 1,"), Map.of("classifier.weight", 0.0, "classifier.bias", 0.5));
    URI data = data("texts.csv", "text,label", "the river,1", "a house,2.5");

    StageReport report = run(model, data, "{\"latencyRepetitions\": 0}");

    assertThat(report.metrics())
        .extracting(Metric::name)
        .containsExactly("meanSquaredError", "pearson", "loss", "parameters", "flops", "bytes");
    assertThat(after(report, "meanSquaredError"))
        .isCloseTo((0.5 * 0.5 + 2 * 2) / 2, within(ROUNDING));
    assertThat(after(report, "loss")).isCloseTo((0.5 * 0.5 + 2 * 2) / 2, within(ROUNDING));
    assertThat(after(report, "pearson")).isZero();
    assertThat(metric(report, "loss").unit()).isEqualTo("squares");
  }

  @Test
  void what_is_not_computed_of_tokens_is_refused() throws IOException {
    Path model =
        model(
            several("'problem_type': 'single_label_classification',")
                .replace("ForSequence", "ForToken"),
            Map.of());
    Path config = model.resolve("config.json");
    URI data = data("words.conll", "who O", "built O");
    for (String problem : List.of("regression", "multi_label_classification", "ranking")) {
      Files.writeString(
          config,
          several("'problem_type': '%s',".formatted(problem)).replace("ForSequence", "ForToken"));

      assertThatThrownBy(() -> stage.check(job(model, data, "{}")))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("problem_type")
          .hasMessageContaining(problem);
    }
  }

  private static String several(String fields) {
    return TextModels.BERT
        .formatted("BertForSequenceClassification")
        .replaceFirst("\\{", "{" + fields.replace('\'', '"'));
  }

  @Test
  void a_model_that_finds_all_words_equally_likely_has_their_number_as_perplexity()
      throws IOException {
    URI data = data("texts.txt", "the river runs north", "a small house by the old bridge");
    Path causal = model(GPT2.formatted("GPT2LMHeadModel"), Map.of("transformer.wte.weight", 0.0));
    Path masked =
        model(
            TextModels.BERT.formatted("BertForMaskedLM"),
            Map.of("bert.embeddings.word_embeddings.weight", 0.0, "cls.predictions.bias", 0.0));

    for (Path model : List.of(causal, masked)) {
      StageReport report = run(model, data, "{\"latencyRepetitions\": 0, \"maxLength\": 8}");

      assertThat(report.metrics())
          .extracting(Metric::name)
          .containsExactlyElementsOf(
              model.equals(causal)
                  ? List.of("loss", "perplexity", "parameters", "flops", "flopsPerToken", "bytes")
                  : List.of("loss", "perplexity", "parameters", "flops", "bytes"))
          .containsExactlyElementsOf(
              stage.metrics(job(model, data, "{\"latencyRepetitions\": 0, \"maxLength\": 8}")));
      assertThat(after(report, "loss")).isCloseTo(Math.log(VOCABULARY), within(ROUNDING));
      assertThat(after(report, "perplexity")).isCloseTo(VOCABULARY, within(0.01));
      if (model.equals(causal)) {
        assertThat(after(report, "flopsPerToken")).isEqualTo(after(report, "flops") / 8);
      }
    }
  }

  @Test
  void a_model_that_finds_all_places_equally_likely_loses_the_logarithm_of_their_number()
      throws IOException {
    Path model =
        model(
            TextModels.BERT.formatted("BertForQuestionAnswering"),
            Map.of("qa_outputs.weight", 0.0, "qa_outputs.bias", 0.0));
    URI data = squad().resolve("squad.json").toUri();
    String spec = "{\"latencyRepetitions\": 0, \"maxLength\": 48, \"stride\": 16, \"batch\": 1}";

    StageReport report = run(model, data, spec);

    double sum = 0;
    TextDataset windows = windows(model, data);
    for (int i = 0; i < windows.size(); i++) {
      sum += Math.log(windows.batch(new int[] {i}).length());
    }
    assertThat(report.metrics())
        .extracting(Metric::name)
        .containsExactly("exactMatch", "f1", "loss", "parameters", "flops", "bytes");
    assertThat(after(report, "loss")).isCloseTo(sum / windows.size(), within(ROUNDING));
    assertThat(after(report, "f1")).isBetween(after(report, "exactMatch"), 1.0);
  }

  @Test
  void a_tagger_that_begins_an_entity_at_every_word_finds_those_of_one_word() throws IOException {
    Path model =
        model(
            TextModels.BERT
                .formatted("BertForTokenClassification")
                .replaceFirst(
                    "\\{", "{\"id2label\": {\"0\": \"B-PER\", \"1\": \"I-PER\", \"2\": \"O\"},"),
            Map.of("classifier.weight", 0.0, "classifier.bias", 0.0));
    URI data =
        data("words.conll", "who X B-PER", "built X O", "", "the\tX\tB-PER", "bridge\tX\tI-PER");

    StageReport report = run(model, data, "{\"latencyRepetitions\": 0}");

    assertThat(report.metrics())
        .extracting(Metric::name)
        .containsExactly("accuracy", "f1", "loss", "parameters", "flops", "bytes")
        .containsExactlyElementsOf(stage.metrics(job(model, data, "{\"latencyRepetitions\": 0}")));
    assertThat(after(report, "accuracy")).isEqualTo(0.5);
    // two entities, four found, of which that of the first word is right
    assertThat(after(report, "f1")).isCloseTo(2.0 / (2 + 4), within(1e-12));
    assertThat(after(report, "loss")).isCloseTo(Math.log(3), within(ROUNDING));
    assertThat(metric(report, "f1").samples()).hasValue(4);
  }

  @Test
  void samples_are_questions_with_all_their_windows() throws IOException {
    Path model = model(TextModels.BERT.formatted("BertForQuestionAnswering"), Map.of());
    URI data = squad().resolve("squad.json").toUri();
    String spec = "{\"latencyRepetitions\": 0, \"maxLength\": 48, \"stride\": 16, \"samples\": 2}";

    StageReport report = run(model, data, spec);

    TextDataset two = windows(model, data).first(2);
    assertThat(two.examples()).isEqualTo(2);
    assertThat(metric(report, "f1").samples()).hasValue(two.size());
    assertThat(after(report, "exactMatch") * 2 % 1).isZero();
  }

  @Test
  void embeddings_are_neither_right_nor_wrong_but_cost_something() throws IOException {
    Path model = model(TextModels.BERT.formatted("BertModel"), Map.of());
    URI data = data("texts.txt", "the river", "a house");

    StageReport report = run(model, data, "{\"latencyRepetitions\": 1}");

    assertThat(report.metrics())
        .extracting(Metric::name)
        .containsExactly("parameters", "flops", "bytes", "latencyMillis")
        .containsExactlyElementsOf(stage.metrics(job(model, data, "{\"latencyRepetitions\": 1}")));
  }

  @Test
  void what_is_no_number_is_refused_whatever_the_model_is_for() throws IOException {
    Map<String, Double> broken = Map.of("bert.encoder.layer.1.output.dense.weight", Double.NaN);
    URI data = data("texts.jsonl", "{\"text\": \"the river\", \"label\": 0}");
    Path classifier = model(TextModels.BERT.formatted("BertForSequenceClassification"), broken);
    Path masked = model(TextModels.BERT.formatted("BertForMaskedLM"), broken);
    Path plain =
        model(
            TextModels.BERT.formatted("BertModel"),
            Map.of("encoder.layer.1.output.dense.weight", Double.NaN));

    assertThatThrownBy(() -> run(classifier, data, "{}"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("not a number");
    assertThatThrownBy(() -> run(masked, data, "{}"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("the loss of " + masked)
        .hasMessageContaining("are no numbers");
    assertThatThrownBy(() -> run(plain, data, "{}"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("embeddings hold NaN");
  }

  @Test
  void what_does_not_fit_is_refused_before_anything_is_loaded() throws IOException {
    Path model = model(TextModels.BERT.formatted("BertForSequenceClassification"), Map.of());
    URI unlabelled = data("plain.jsonl", "{\"text\": \"the river\"}");
    URI unknown = data("odd.jsonl", "{\"text\": \"the river\", \"label\": 7}");

    assertThatThrownBy(() -> stage.check(job(model, unlabelled, "{}")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("nothing is labelled");
    assertThatThrownBy(() -> stage.check(job(model, unknown, "{}")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("odd.jsonl, line 1: label 7 is none");
    assertThatThrownBy(() -> stage.check(job(model, unlabelled, "{\"maxLength\": 65}")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("65 tokens");
    assertThatThrownBy(() -> stage.check(job(model, unlabelled, "{\"maxLength\": 0, \"b\": 1}")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(
            "evaluate.maxLength: wanted a whole number from 1 to 1000000, found 0")
        .hasMessageContaining("evaluate.b: unknown")
        .hasMessageContaining("nothing is labelled");
  }

  private static Path squad() {
    return Golden.of("scores/squad-windows").directory();
  }

  private static TextDataset windows(Path model, URI data) {
    var settings = new TextSettings(OptionalInt.of(48), OptionalInt.of(16), 0);
    var input = TextModel.of(ModelDirectory.open(model)).network().input();
    return TextDatasets.open(data, input, model, settings);
  }

  private Path model(String config, Map<String, Double> filled) throws IOException {
    Path at = Files.createTempDirectory(directory, "model");
    return TextModels.write(at, config, squad().resolve("tokenizer.json"), 1, filled);
  }

  private URI data(String name, String... lines) throws IOException {
    return Files.write(directory.resolve(name), List.of(lines)).toUri();
  }

  private StageReport run(Path model, URI data, String spec) throws IOException {
    StageJob job = job(model, data, spec);
    Folders.delete(job.output());
    Files.createDirectories(job.output());
    return stage.run(job, Progress.Listener.NONE);
  }

  private StageJob job(Path model, URI data, String spec) {
    return new StageJob(
        "run",
        0,
        1,
        StageKind.EVALUATE,
        spec,
        model,
        directory.resolve("out"),
        directory.resolve("checkpoints"),
        Map.of("eval", data),
        1);
  }

  private static double after(StageReport report, String name) {
    return metric(report, name).after().orElseThrow();
  }

  private static Metric metric(StageReport report, String name) {
    return report.metrics().stream()
        .filter(metric -> metric.name().equals(name))
        .findFirst()
        .orElseThrow();
  }
}
