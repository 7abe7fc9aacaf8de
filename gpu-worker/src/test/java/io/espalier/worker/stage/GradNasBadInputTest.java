package io.espalier.worker.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.stage.prune.PruneStage;
import io.espalier.worker.tensor.Golden;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Cases of input that a stage of GradNAS cannot use: what was wanted, what was found, where, and
 * what to do. All but gradients is refused by the check that comes before any work.
 */
class GradNasBadInputTest {
  private static final String READER = TextModels.BERT.formatted("BertForQuestionAnswering");
  private static final String SPEC =
      "{\"algorithm\":\"gradnas\",\"constraints\":{\"flops\":\"60%\"},\"neuronDivisor\":8,"
          + "\"batchSize\":4,\"maxLength\":48,\"stride\":16}";

  @TempDir Path folder;

  private final PruneStage stage = new PruneStage();
  private final List<Progress> heard = new ArrayList<>();

  @Test
  void a_tokenizer_with_more_tokens_than_the_embedding_is_of_another_model() throws IOException {
    StageJob job = job(model(READER.replace("420", "400")), SPEC);

    assertThat(refusal(job))
        .containsExactly(
            "tokenizer.json has token ids up to 419, so 420 tokens, but the model's embedding knows"
                + " only 400; is it the tokenizer of another model, or were tokens added to it"
                + " later?");
  }

  @Test
  void a_model_without_a_tokenizer_is_told_how_to_get_one() throws IOException {
    Path model = model(READER);
    Files.delete(model.resolve("tokenizer.json"));

    assertThat(refusal(job(model, SPEC)))
        .singleElement()
        .asString()
        .contains("no readable tokenizer.json in " + model, "save_pretrained(directory)");
  }

  @Test
  void sequences_longer_than_the_positions_are_refused_by_the_key_that_asks_for_them()
      throws IOException {
    Path model = model(READER);

    assertThat(refusal(job(model, SPEC.replace("48", "65"))))
        .containsExactly(
            "prune.maxLength: 65 tokens, but the model has positions for 64; ask for no more, or"
                + " leave it out");
    assertThat(refusal(job(model, SPEC.replace("16", "48"))))
        .containsExactly(
            "prune.stride: windows of 48 tokens cannot share 48; ask for fewer, or leave it out");
  }

  @Test
  void operations_per_token_are_those_of_decoders() throws IOException {
    assertThat(refusal(job(model(READER), SPEC.replace("\"flops\"", "\"flopsPerToken\""))))
        .containsExactly(
            "prune.constraints.flopsPerToken: this is said of models for text-generation, but this"
                + " one is for question-answering; bound flops");
  }

  @Test
  void labels_that_the_model_does_not_give_are_named_with_their_lines() throws IOException {
    Path model = model(TextModels.BERT.formatted("BertForSequenceClassification"));
    Path texts =
        write(
            "texts.jsonl",
            """
            {"text": "the river runs north", "label": 1}
            {"text": "a small house", "label": 2}
            {"text": "who built it", "label": "LABEL_0"}
            {"text": "the old bridge", "label": "good"}
            """);

    assertThat(refusal(job(model, SPEC, Map.of("eval", texts.toUri()))))
        .containsExactly(
            texts
                + ", line 2: label 2 is none of the model's 2 class numbers: wanted an integer from"
                + " 0 to 1",
            texts
                + ", line 4: label 'good' is none of the model's 2: wanted one of [LABEL_0,"
                + " LABEL_1], or an integer from 0 to 1");
  }

  @Test
  void answers_outside_of_their_context_are_named_in_every_file_at_once() throws IOException {
    Path search = write("search.json", questions("'text': 'wall', 'answer_start': 40"));
    Path judge = write("judge.json", questions("'text': 'wall', 'answer_start': 3"));
    Map<String, URI> data = Map.of("calibration", search.toUri(), "eval", judge.toUri());
    String where = ", data[0].paragraphs[0].qas[0].answers[0]: ";

    assertThat(refusal(job(model(READER), SPEC, data)))
        .containsExactly(
            search + where + "4 characters from 40 on, but the context has 14",
            judge + where + "wanted 'wall' at character 3 of the context, found ' wal'");
  }

  @Test
  void heads_that_do_not_divide_the_hidden_size_are_refused() throws IOException {
    Path model = model(READER);
    Files.writeString(model.resolve("config.json"), READER.replace("heads\": 4", "heads\": 5"));

    assertThat(refusal(job(model, SPEC)))
        .containsExactly(
            "config.json: the hidden size 32 is no multiple of num_attention_heads 5; give head_dim"
                + " if heads were removed");
  }

  @Test
  void equal_widths_of_what_was_pruned_to_different_ones_are_refused() throws IOException {
    Path model =
        model(READER.replace("\"intermediate_size\": 64", "\"intermediate_size\": [64, 40]"));
    String spec = SPEC.replace("\"stride\"", "\"uniform\":true,\"stride\"");

    assertThat(refusal(job(model, spec)))
        .containsExactly(
            model
                + ": equal widths were asked for, but its layers have [64, 40] neurons now; ask for"
                + " output per-layer without uniform");
  }

  @Test
  void an_algorithm_for_models_of_another_kind_is_refused_with_the_one_for_this_kind()
      throws IOException {
    Path images = Golden.of("cifar-resnet20").directory();
    Path reader = model(READER);

    assertThat(refusal(job(images, SPEC)))
        .containsExactly(
            "prune.algorithm: gradnas prunes attention heads and feed-forward neurons, but %s is of family resnet, which has none; ask for fastnas"
                .formatted(images));
    assertThat(
            refusal(job(reader, "{\"algorithm\":\"fastnas\",\"constraints\":{\"flops\":\"60%\"}}")))
        .containsExactly(
            "prune.algorithm: fastnas prunes models that tell images apart, but %s is of family bert, which reads text; ask for gradnas"
                .formatted(reader));
  }

  @Test
  void a_transformer_for_images_is_left_to_gradnas() {
    Path vit = Golden.of("vit").directory();

    assertThat(refusal(job(vit, "{\"algorithm\":\"fastnas\",\"constraints\":{\"flops\":\"60%\"}}")))
        .anySatisfy(problem -> assertThat(problem).contains("is of family vit", "ask for gradnas"));
  }

  @Test
  void what_is_said_of_texts_only_is_refused_of_a_transformer_for_images() {
    Path vit = Golden.of("vit").directory();

    assertThat(refusal(job(vit, SPEC)))
        .containsExactly(
            "prune.maxLength is for models that read text, but this one tells images apart; leave"
                + " it out");
    assertThat(
            refusal(
                job(
                    vit,
                    "{\"algorithm\":\"gradnas\",\"constraints\":{\"flopsPerToken\":\"60%\"}}")))
        .containsExactly(
            "prune.constraints.flopsPerToken: this is said of models for text-generation, but this"
                + " one tells images apart; bound flops");
  }

  /**
   * Infinitely negative neurons say nothing behind a ReLU, so the loss is a number; but what they
   * say in front of it, times a gradient of zero, is none.
   */
  @Test
  void gradients_that_are_no_numbers_though_the_loss_is_are_named_with_batch_layer_and_unit()
      throws IOException {
    Path model =
        TextModels.write(
            folder.resolve("model"),
            READER.replace("\"vocab_size\"", "\"hidden_act\": \"relu\", \"vocab_size\""),
            squad().resolve("tokenizer.json"),
            1,
            Map.of("bert.encoder.layer.1.intermediate.dense.bias", Double.NEGATIVE_INFINITY));

    assertThatThrownBy(() -> stage.run(job(model, SPEC), heard::add))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "batch 1 of 8: the gradient at unit 0 of 'bert.encoder.layer.1.neurons' is NaN; look"
                + " for infinite or undefined weights in that layer and those behind it");
    assertThat(heard)
        .filteredOn(progress -> progress.values().containsKey("loss"))
        .isNotEmpty()
        .allMatch(progress -> Double.isFinite(progress.values().get("loss")));
    assertThat(folder.resolve("output")).doesNotExist();
  }

  private List<String> refusal(StageJob job) {
    return catchThrowableOfType(InvalidInputException.class, () -> stage.check(job)).problems();
  }

  private Path model(String config) throws IOException {
    return TextModels.write(folder.resolve("model"), config, squad().resolve("tokenizer.json"), 1);
  }

  private static Path squad() {
    return Golden.of("scores/squad-windows").directory();
  }

  private Path write(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  private static String questions(String answer) {
    return "{'data': [{'paragraphs': [{'context': 'The wall. Nice', 'qas': [{'id': 'a', 'question': 'Which?', 'answers': [{%s}]}]}]}]}"
        .formatted(answer)
        .replace('\'', '"');
  }

  private StageJob job(Path model, String spec) {
    return job(model, spec, Map.of("eval", squad().resolve("squad.json").toUri()));
  }

  private StageJob job(Path model, String spec, Map<String, URI> data) {
    return new StageJob(
        "run",
        0,
        1,
        StageKind.PRUNE,
        spec,
        model,
        folder.resolve("output"),
        folder.resolve("checkpoints"),
        data,
        7);
  }
}
