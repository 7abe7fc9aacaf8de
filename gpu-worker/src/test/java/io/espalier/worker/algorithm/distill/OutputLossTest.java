package io.espalier.worker.algorithm.distill;

import static io.espalier.worker.tensor.Golden.assertClose;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.Gradients;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against PyTorch's values and gradients, and against loops in float64. */
final class OutputLossTest {
  private static final double TOLERANCE = 1e-4;
  private static final long SEED = 11;

  private final NDManager manager = PyTorch.newManager();
  private final Golden golden = Golden.of("scores/distillation");

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @CsvSource({"classes, 1", "classes, 2", "classes, 4", "tokens, 1", "tokens, 2", "tokens, 4"})
  void the_forward_divergence_is_that_of_model_opt(String kind, int temperature) {
    NDArray student = rows(golden.input(kind + ".student_logits", manager));
    SoftTargets teacher =
        SoftTargets.of(rows(golden.input(kind + ".teacher_logits", manager)), temperature);
    String values = "%s.T%d.per_position.".formatted(kind, temperature);

    NDArray mean =
        withGradient(
            student,
            x ->
                Tensors.scale(
                    OutputLoss.FORWARD_KL.sum(x, teacher, temperature),
                    1.0 / student.getShape().get(0)));

    assertClose(mean, golden.read("scores", values + "loss"), TOLERANCE);
    long[] shape = golden.read("scores", values + "gradient").shape();
    assertClose(
        Tensors.reshape(Gradients.at(student), shape),
        golden.read("scores", values + "gradient"),
        TOLERANCE);
  }

  @ParameterizedTest
  @CsvSource({
    "reverse, REVERSE_KL, 1",
    "reverse, REVERSE_KL, 2",
    "soft, SOFT_CROSS_ENTROPY, 1",
    "soft, SOFT_CROSS_ENTROPY, 2"
  })
  void the_others_are_those_of_pytorch(String values, OutputLoss loss, int temperature) {
    SoftTargets teacher = SoftTargets.of(classes("teacher"), temperature);

    assertGolden(values, temperature, student -> loss.sum(student, teacher, temperature));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void a_corrected_teacher_teaches_what_pytorch_says(int temperature) {
    long[] labels = {0, 4, 2, 2, 1, 3};
    SoftTargets teacher = SoftTargets.of(classes("teacher"), temperature).corrected(labels, 0.3);

    assertGolden(
        "corrected",
        temperature,
        student -> OutputLoss.FORWARD_KL.sum(student, teacher, temperature));
  }

  @Test
  void a_teacher_is_corrected_as_by_model_opt() {
    NDArray probabilities = golden.input("mft.teacher_probabilities", manager);
    long[] labels = golden.input("mft.labels", manager).toLongArray();
    NDArray student = golden.input("mft.student_logits", manager);

    SoftTargets corrected =
        new SoftTargets(probabilities, Tensors.log(probabilities)).corrected(labels, 0.2);
    NDArray mean =
        withGradient(
            student,
            x -> Tensors.scale(OutputLoss.FORWARD_KL.sum(x, corrected, 1), 1.0 / labels.length));

    assertClose(corrected.probabilities(), golden.read("scores", "mft.corrected"), TOLERANCE);
    assertClose(mean, golden.read("scores", "mft.loss"), TOLERANCE);
    assertClose(Gradients.at(student), golden.read("scores", "mft.gradient"), TOLERANCE);
  }

  @Test
  void a_row_without_a_label_is_not_corrected() {
    SoftTargets said = SoftTargets.of(classes("teacher"), 1);

    SoftTargets corrected = said.corrected(new long[] {-100, 1, 1, -1, 1, 1}, 0.2);

    float[] before = said.probabilities().toFloatArray();
    float[] after = corrected.probabilities().toFloatArray();
    for (int i = 0; i < before.length; i++) {
      boolean labelled = i / 5 != 0 && i / 5 != 3;
      assertThat(after[i] == before[i]).as("%d", i).isNotEqualTo(labelled);
    }
  }

  @ParameterizedTest
  @EnumSource(OutputLoss.class)
  void each_is_what_loops_in_float64_say(OutputLoss loss) {
    var random = new Random(SEED);
    double[] student = random.doubles(12, -9, 9).toArray();
    double[] teacher = random.doubles(12, -9, 9).toArray();
    double temperature = 1.7;

    double found =
        loss.sum(
                Tensors.of(manager, student, 3, 4),
                SoftTargets.of(Tensors.of(manager, teacher, 3, 4), temperature),
                temperature)
            .getDouble();

    double wanted = 0;
    for (int row = 0; row < 3; row++) {
      double[] q = softmax(student, row, temperature);
      double[] p = softmax(teacher, row, temperature);
      for (int i = 0; i < 4; i++) {
        wanted +=
            switch (loss) {
              case FORWARD_KL -> p[i] * Math.log(p[i] / q[i]);
              case REVERSE_KL -> q[i] * Math.log(q[i] / p[i]);
              case SOFT_CROSS_ENTROPY -> -p[i] * Math.log(q[i]);
            };
      }
    }
    assertThat(found).isCloseTo(wanted * temperature * temperature, within(1e-10));
  }

  @Test
  void classes_that_a_teacher_rules_out_leave_numbers_finite() {
    NDArray teacher = Tensors.of(manager, new float[] {0, -1e9f, 200}, 1, 3);
    NDArray student = Tensors.of(manager, new float[] {1, 2, 3}, 1, 3);

    for (OutputLoss loss : OutputLoss.values()) {
      SoftTargets targets = SoftTargets.of(teacher, 1).corrected(new long[] {2}, 1);
      withGradient(student, x -> loss.sum(x, targets, 1));

      assertThat(Gradients.at(student).toFloatArray())
          .as("%s", loss)
          .doesNotContain(Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY);
    }
  }

  private void assertGolden(String values, int temperature, UnaryOperator<NDArray> loss) {
    NDArray student = classes("student");

    NDArray sum = withGradient(student, loss);

    String name = "%s.T%d.".formatted(values, temperature);
    assertClose(sum, golden.read("more", name + "sum"), TOLERANCE);
    assertClose(Gradients.at(student), golden.read("more", name + "gradient"), TOLERANCE);
  }

  private NDArray classes(String whose) {
    return golden.input("classes.%s_logits".formatted(whose), manager);
  }

  private static NDArray withGradient(NDArray student, UnaryOperator<NDArray> loss) {
    Gradients.require(student, true);
    return Gradients.of(() -> loss.apply(student));
  }

  private static NDArray rows(NDArray x) {
    long classes = x.getShape().get(x.getShape().dimension() - 1);
    return Tensors.reshape(x, x.size() / classes, classes);
  }

  private static double[] softmax(double[] scores, int row, double temperature) {
    double[] p = new double[4];
    double sum = 0;
    for (int i = 0; i < 4; i++) {
      p[i] = Math.exp(scores[row * 4 + i] / temperature);
      sum += p[i];
    }
    for (int i = 0; i < 4; i++) {
      p[i] /= sum;
    }
    return p;
  }
}
