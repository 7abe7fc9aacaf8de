package io.espalier.worker.zoo;

import io.espalier.worker.algorithm.train.TrainingSettings;
import io.espalier.worker.domain.model.TextTask;

/**
 * A trained model that reads text, and everything that it follows from.
 *
 * @param name under which the zoo has it
 * @param start its weights before training
 * @param kind the texts that it learns from
 * @param data how many of them
 * @param training how it is trained
 * @param f1 what weights that ship reach on the test examples, as a fraction; else 0
 */
public record DemoText(
    String name,
    RandomText start,
    DrawnText kind,
    Drawn data,
    TrainingSettings training,
    double f1) {
  /** A small BERT that answers the drawn questions. */
  public static final DemoText QUESTIONS =
      new DemoText(
          "bert_tiny_questions",
          new RandomText(TextSize.of("bert_tiny"), TextTask.QUESTION_ANSWERING, 7),
          DrawnText.QUESTIONS,
          new Drawn(20_000, 1_000, 7),
          TrainingSettings.text(4, 32, 1e-3, 7),
          0.961);

  /** A small Llama that continues the drawn tales; it does not ship. */
  public static final DemoText TALES =
      new DemoText(
          "llama_tiny_tales",
          new RandomText(TextSize.of("llama_tiny"), TextTask.TEXT_GENERATION, 11),
          DrawnText.TALES,
          new Drawn(20_000, 500, 11),
          TrainingSettings.text(4, 16, 2e-3, 11),
          0);

  /**
   * A drawn data set.
   *
   * @param train number of training examples
   * @param test number of test examples
   * @param seed of the drawings
   */
  public record Drawn(int train, int test, long seed) {}
}
