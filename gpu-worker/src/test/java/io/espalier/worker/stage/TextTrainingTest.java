package io.espalier.worker.stage;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.algorithm.train.TextObjective;
import io.espalier.worker.algorithm.train.Trainer;
import io.espalier.worker.algorithm.train.TrainingSettings;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.text.TextDatasets;
import io.espalier.worker.data.text.TextSettings;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextTrainingTest {
  @TempDir Path folder;

  @Test
  void a_model_learns_its_questions_by_heart_with_the_same_bits_each_time() throws IOException {
    Path squad = Golden.of("scores/squad-windows").directory();
    Path directory =
        TextModels.write(
            folder.resolve("model"),
            TextModels.BERT.formatted("BertForQuestionAnswering"),
            squad.resolve("tokenizer.json"),
            1);
    TextModel model = TextModel.of(ModelDirectory.open(directory));
    TextDataset data =
        TextDatasets.open(
            squad.resolve("squad.json").toUri(),
            model.network().input(),
            directory,
            TextSettings.USUAL.withMaxLength(48).withStride(16));

    List<Double> losses = trained(model, data);

    assertThat(losses.get(losses.size() - 1)).isLessThan(0.2 * losses.get(0));
    assertThat(trained(model, data)).isEqualTo(losses);
  }

  private static List<Double> trained(TextModel model, TextDataset data) {
    try (Weights weights = Weights.load(model.directory(), model.architecture())) {
      return new Trainer(TrainingSettings.text(30, 7, 0.005, 3))
          .train(weights, TextObjective.of(model.network(), data), Progress.Listener.NONE)
          .losses();
    }
  }
}
