package io.espalier.worker.algorithm.distill;

import static io.espalier.worker.tensor.Golden.assertClose;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.Gradients;
import io.espalier.worker.tensor.PyTorch;
import java.util.OptionalDouble;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against PyTorch's values and gradients. */
final class AnswerComparisonTest {
  private final NDManager manager = PyTorch.newManager();
  private final Golden golden = Golden.of("scores/distillation");

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @CsvSource({
    "reverse, CLASSES, REVERSE_KL, 2, COSINE",
    "several, LABELS, FORWARD_KL, 1, COSINE",
    "several, LABELS, FORWARD_KL, 2, COSINE",
    "squared, NUMBERS, FORWARD_KL, 1, COSINE",
    "squared, NUMBERS, FORWARD_KL, 2, COSINE",
    "squared, VECTORS, FORWARD_KL, 1, SQUARED_ERROR",
    "cosine, VECTORS, FORWARD_KL, 1, COSINE",
    "cosine, VECTORS, FORWARD_KL, 2, COSINE"
  })
  void what_scores_are_for_decides_the_loss(
      String values,
      AnswerComparison comparison,
      OutputLoss loss,
      int temperature,
      FeatureLoss vectors) {
    var settings = new OutputSettings(loss, temperature, OptionalDouble.empty(), vectors);
    NDArray student = golden.input("classes.student_logits", manager);
    AnswerTarget target =
        comparison.target(
            golden.input("classes.teacher_logits", manager), settings, () -> new long[0]);
    Gradients.require(student, true);

    NDArray sum = Gradients.of(() -> target.loss(student));

    String name = "%s.T%d.".formatted(values, temperature);
    assertClose(sum, golden.read("more", name + "sum"), 1e-4);
    assertClose(Gradients.at(student), golden.read("more", name + "gradient"), 1e-4);
  }
}
