package io.espalier.worker.stage;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.stage.prune.PruneStage;
import io.espalier.worker.tensor.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * ModelOpt's own case of Minitron (M1): hidden size 256, 256 neurons, 8 heads of 32 channels, of
 * which parts go; the shapes of all matrices are exact, and a second pruning from stored scores
 * leaves the same bits without a forward pass.
 *
 * <p>Source: ModelOpt 0.40, {@code tests/gpu_megatron/torch/prune/plugins}. There a gate and the
 * neurons are one matrix, as are queries, keys and values; here, as in Hugging Face's files, they
 * are several. Skipping the sorting and uneven pipeline stages have no counterpart. M2 is in {@code
 * ExpertVersionsTest}, M4 to M6 in {@code UnitChoiceTest}, M7 in {@code SortingTest}; M3 is Mamba.
 */
final class ModelOptMinitronCasesTest {
  private static final String YARN =
      ", \"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 2.0,"
          + " \"original_max_position_embeddings\": 32}";

  @TempDir Path folder;

  private final List<Progress> heard = new ArrayList<>();

  private void prune(Path model, String export, String output) {
    String spec =
        "{\"algorithm\":\"minitron\",\"batchSize\":4,\"batches\":2,\"maxLength\":16,\"activationMebibytes\":0,\"export\":{%s}}"
            .formatted(export.replace('\'', '"'));
    new PruneStage()
        .run(
            new StageJob(
                "run",
                0,
                1,
                StageKind.PRUNE,
                spec,
                model,
                folder.resolve(output),
                folder.resolve("checkpoints"),
                Map.of("eval", folder.resolve("text.txt").toUri()),
                7),
            heard::add);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "8, false, \"'ffn_hidden_size':64\", 256, 64, 8, 8, 4",
        "4, false, \"'num_attention_heads':4,'num_query_groups':2\", 256, 256, 4, 2, 4",
        "8, false, \"'hidden_size':64\", 64, 256, 8, 8, 4",
        "8, false, \"'num_layers':2\", 256, 256, 8, 8, 2",
        "4, true,"
            + " \"'ffn_hidden_size':128,'num_attention_heads':4,'num_query_groups':2,'hidden_size':128,'num_layers':2\","
            + " 128, 128, 4, 2, 2"
      })
  void shapes_are_exact_and_stored_scores_are_enough(
      int ownGroups,
      boolean yarn,
      String export,
      int hidden,
      int neurons,
      int heads,
      int groups,
      int layers)
      throws IOException {
    String config =
        """
        {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 420,
         "hidden_size": 256, "intermediate_size": 256, "num_hidden_layers": 4,
         "num_attention_heads": 8, "num_key_value_heads": %d, "head_dim": 32,
         "max_position_embeddings": 64, "tie_word_embeddings": false%s}
        """;
    Path model =
        TextModels.write(
            folder.resolve("model"),
            config.formatted(ownGroups, yarn ? YARN : ""),
            Golden.of("scores/squad-windows").directory().resolve("tokenizer.json"),
            1);
    Files.writeString(folder.resolve("text.txt"), TextModels.words(20, 5));

    prune(model, export, "one");

    ModelDirectory cut = ModelDirectory.open(folder.resolve("one"));
    for (int layer = 0; layer < layers; layer++) {
      String block = "model.layers." + layer;
      assertThat(shape(cut, block + ".mlp.gate_proj")).containsExactly(neurons, hidden);
      assertThat(shape(cut, block + ".mlp.up_proj")).containsExactly(neurons, hidden);
      assertThat(shape(cut, block + ".mlp.down_proj")).containsExactly(hidden, neurons);
      assertThat(shape(cut, block + ".self_attn.q_proj")).containsExactly(heads * 32L, hidden);
      assertThat(shape(cut, block + ".self_attn.k_proj")).containsExactly(groups * 32L, hidden);
      assertThat(shape(cut, block + ".self_attn.v_proj")).containsExactly(groups * 32L, hidden);
      assertThat(shape(cut, block + ".self_attn.o_proj")).containsExactly(hidden, heads * 32L);
    }
    assertThat(cut.shapes()).hasSize(3 + layers * 9);
    assertThat(cut.config().path("hidden_size").intValue()).isEqualTo(hidden);
    assertThat(cut.config().path("intermediate_size").intValue()).isEqualTo(neurons);
    assertThat(cut.config().path("num_attention_heads").intValue()).isEqualTo(heads);
    assertThat(cut.config().path("num_key_value_heads").intValue()).isEqualTo(groups);
    assertThat(cut.config().path("num_hidden_layers").intValue()).isEqualTo(layers);
    assertThat(cut.config().path("rope_scaling").isObject()).isEqualTo(yarn);

    assertThat(passes()).isEqualTo(4);
    heard.clear();
    prune(model, export, "two");
    assertThat(passes()).isZero();
    assertThat(folder.resolve("two/model.safetensors"))
        .hasSameBinaryContentAs(folder.resolve("one/model.safetensors"));
  }

  private long passes() {
    return heard.stream().filter(each -> each.phase().equals("measuring activations")).count();
  }

  private static long[] shape(ModelDirectory model, String module) {
    return model.shapes().get(module + ".weight");
  }
}
