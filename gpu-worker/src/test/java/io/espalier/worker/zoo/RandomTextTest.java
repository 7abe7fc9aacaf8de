package io.espalier.worker.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.model.TextModel;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that read text with random weights. */
class RandomTextTest {
  @TempDir Path directory;

  @Test
  void every_tiny_model_opens_for_every_task_that_it_is_said_to_be_for() {
    for (TextSize size : TextSize.ALL) {
      for (TextTask task : size.tasks()) {
        Path model = directory.resolve(size.name() + "-" + task.key());
        if (size.hidden() < 100) {
          Zoo.writeRandomModel(size.name(), model, Optional.of(task.key()), 1);

          TextModel opened = TextModel.of(ModelDirectory.open(model));

          assertThat(opened.network().input().task()).isEqualTo(task);
          assertThat(opened.family().name()).isEqualTo(size.family());
          assertThat(model.resolve("tokenizer.json")).exists();
        }
      }
    }
  }

  @Test
  void weights_are_drawn_and_normalisations_begin_as_the_identity() {
    Map<String, TensorData> tensors =
        new RandomText(TextSize.of("bert_tiny"), TextTask.QUESTION_ANSWERING, 2).tensors();

    float[] weight = floats(tensors, "bert.encoder.layer.0.intermediate.dense.weight");
    double squares = 0;
    for (float value : weight) {
      squares += value * value;
    }
    assertThat(Math.sqrt(squares / weight.length))
        .isCloseTo(0.02 * Math.sqrt(768 / 64.0), within(0.002));
    assertThat(floats(tensors, "bert.encoder.layer.0.output.LayerNorm.weight")).containsOnly(1);
    assertThat(floats(tensors, "bert.encoder.layer.0.output.LayerNorm.bias")).containsOnly(0);
    assertThat(floats(tensors, "qa_outputs.bias")).containsOnly(0);
    String drawn = "bert.embeddings.word_embeddings.weight";
    assertThat(
            floats(
                new RandomText(TextSize.of("bert_tiny"), TextTask.QUESTION_ANSWERING, 2).tensors(),
                drawn))
        .isEqualTo(floats(tensors, drawn));
    assertThat(
            floats(
                new RandomText(TextSize.of("bert_tiny"), TextTask.QUESTION_ANSWERING, 3).tensors(),
                drawn))
        .isNotEqualTo(floats(tensors, drawn));
  }

  @Test
  void positions_begin_as_waves() {
    float[] table =
        floats(
            new RandomText(TextSize.of("bert_tiny"), TextTask.QUESTION_ANSWERING, 2).tensors(),
            "bert.embeddings.position_embeddings.weight");
    double size = 0.02 * Math.sqrt(768 / 64.0) * Math.sqrt(2);

    assertThat(table[5 * 64]).isCloseTo((float) (size * Math.sin(5)), within(1e-6f));
    assertThat(table[5 * 64 + 1]).isCloseTo((float) (size * Math.cos(5)), within(1e-6f));
    assertThat(table[7 * 64 + 32])
        .isCloseTo((float) (size * Math.sin(7 / Math.sqrt(10_000))), within(1e-6f));
  }

  @Test
  void what_is_usual_comes_first_and_what_a_model_is_not_for_is_refused() {
    Zoo.writeRandomModel("bert_tiny_questions", directory.resolve("usual"), Optional.empty(), 1);

    assertThat(
            TextModel.of(ModelDirectory.open(directory.resolve("usual"))).network().input().task())
        .isEqualTo(TextTask.QUESTION_ANSWERING);
    assertThatThrownBy(
            () ->
                Zoo.writeRandomModel(
                    "gpt2_tiny", directory.resolve("x"), Optional.of("fill-mask"), 1))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "gpt2_tiny is not for fill-mask; it is for [text-generation, text-classification]");
    assertThatThrownBy(
            () ->
                Zoo.writeRandomModel(
                    "resnet18", directory.resolve("x"), Optional.of("fill-mask"), 1))
        .hasMessage("resnet18 looks at images; only models that read text take a task");
    assertThat(Files.exists(directory.resolve("x"))).isFalse();
  }

  private static float[] floats(Map<String, TensorData> tensors, String name) {
    ByteBuffer bytes = tensors.get(name).bytes();
    float[] values = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(values);
    return values;
  }
}
