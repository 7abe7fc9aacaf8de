package io.espalier.worker.domain.model;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Purpose of the scores of a model that classifies texts: transformers' {@code problem_type}.
 *
 * <p>It decides the loss and how good a model is called.
 */
public enum ProblemType {
  /** Each text has one label: softmax and cross entropy. */
  SINGLE_LABEL("single_label_classification"),
  /** Each text has any number of labels: of each label a sigmoid and cross entropy. */
  MULTI_LABEL("multi_label_classification"),
  /** Each score is itself a number that is guessed: squared error. */
  REGRESSION("regression");

  private final String key;

  ProblemType(String key) {
    this.key = key;
  }

  /** Its name in config.json. */
  public String key() {
    return key;
  }

  /** That of a name. */
  public static Optional<ProblemType> of(String key) {
    return Arrays.stream(values()).filter(type -> type.key.equals(key)).findFirst();
  }

  /** All names. */
  public static List<String> keys() {
    return Arrays.stream(values()).map(ProblemType::key).toList();
  }
}
