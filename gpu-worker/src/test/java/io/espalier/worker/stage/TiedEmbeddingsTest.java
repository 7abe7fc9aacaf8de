package io.espalier.worker.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.stage.prune.PruneStage;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Models whose scores of tokens are read off the embedding, before and after a pruning. */
class TiedEmbeddingsTest {
  private static final String BERT =
      TextModels.BERT
          .formatted("BertForMaskedLM")
          .replace("\"vocab_size\"", "\"tie_word_embeddings\": true, \"vocab_size\"");
  private static final String GPT =
      """
      {"model_type": "%s", "architectures": ["%s"], "vocab_size": 420, "n_embd": 32, "n_head": 4,
       "n_layer": 2, "n_positions": 64, "eos_token_id": 0, "rotary_dim": 4,
       "tie_word_embeddings": true}
      """;
  private static final String SPEC =
      "{\"algorithm\":\"gradnas\",\"constraints\":{\"flops\":\"%s\"},\"neuronDivisor\":8,"
          + "\"batchSize\":4,\"maxLength\":16}";

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "bert, bert.embeddings.word_embeddings.weight",
    "gpt2, transformer.wte.weight",
    "gptj, transformer.wte.weight"
  })
  void there_is_one_tensor_for_both_before_and_after(String family, String embedding)
      throws IOException {
    TextModel before = written(family);

    TextModel after = pruned(before, "80%");

    assertThat(after.directory().tensors().keySet())
        .isEqualTo(before.directory().tensors().keySet())
        .contains(embedding)
        .doesNotContain("cls.predictions.decoder.weight", "lm_head.weight");
    assertThat(after.directory().read(embedding).bytes())
        .isEqualTo(before.directory().read(embedding).bytes());
    assertThat(Files.size(after.directory().path().resolve("model.safetensors")))
        .isLessThan(Files.size(before.directory().path().resolve("model.safetensors")));
    JsonNode config = after.directory().config();
    assertThat(config.path("tie_word_embeddings").isBoolean()).isTrue();
    assertThat(config.path("tie_word_embeddings").booleanValue()).isTrue();
    List<Layer> layers = after.architecture().layers();
    assertThat(layers.get(layers.size() - 1).weight()).isEqualTo(embedding);
  }

  /** The scores of GPT-2 are products of the last hidden state and the rows of the embedding. */
  @Test
  void a_pruned_model_scores_tokens_off_its_embedding() throws IOException {
    TextModel after = pruned(written("gpt2"), "80%");
    long[] ids = {5, 40, 11, 300};
    var batch = new TokenBatch(1, 4, ids, new long[] {1, 1, 1, 1}, new long[4], new long[0]);

    try (NDManager manager = PyTorch.newManager();
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      Weights weights = Weights.load(after.directory(), after.architecture(), manager);
      Tokens tokens = Tokens.of(manager, batch);
      float[] scores = after.network().forward(weights, tokens, ForwardHooks.NONE).toFloatArray();
      float[] hidden = after.network().encode(weights, tokens, ForwardHooks.NONE).toFloatArray();
      NDArray embedding = weights.get("transformer.wte.weight");
      float[] rows = embedding.toFloatArray();

      assertThat(weights.has("lm_head.weight")).isFalse();
      assertThat(scores).hasSize(4 * 420);
      for (int i = 0; i < scores.length; i++) {
        double sum = 0;
        for (int channel = 0; channel < 32; channel++) {
          sum += (double) hidden[i / 420 * 32 + channel] * rows[i % 420 * 32 + channel];
        }
        assertThat((double) scores[i]).isCloseTo(sum, within(1e-4));
      }
    }
  }

  private TextModel written(String family) throws IOException {
    String config =
        switch (family) {
          case "gpt2" -> GPT.formatted("gpt2", "GPT2LMHeadModel");
          case "gptj" -> GPT.formatted("gptj", "GPTJForCausalLM");
          default -> BERT;
        };
    Path tokenizer = Golden.of("scores/squad-windows").directory().resolve("tokenizer.json");
    Path directory = TextModels.write(folder.resolve("model"), config, tokenizer, 3);
    return TextModel.of(ModelDirectory.open(directory));
  }

  private TextModel pruned(TextModel model, String flops) throws IOException {
    Path texts = folder.resolve("texts.txt");
    Files.writeString(
        texts, "the river runs north\na small house\nwho built it\nthe old bridge\n".repeat(20));
    new PruneStage()
        .run(
            new StageJob(
                "run",
                0,
                1,
                StageKind.PRUNE,
                SPEC.formatted(flops),
                model.directory().path(),
                folder.resolve("output"),
                folder.resolve("checkpoints"),
                Map.of("eval", texts.toUri()),
                7),
            Progress.Listener.NONE);
    return TextModel.of(ModelDirectory.open(folder.resolve("output")));
  }
}
