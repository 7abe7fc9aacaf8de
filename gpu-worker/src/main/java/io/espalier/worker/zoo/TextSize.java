package io.espalier.worker.zoo;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.TextTask;
import java.util.List;
import java.util.Optional;

/**
 * Size of a transformer of the zoo.
 *
 * @param name under which the zoo has it
 * @param family of its config
 * @param hidden width of the residual stream
 * @param layers number of layers
 * @param heads attention heads of each layer
 * @param neurons feed-forward neurons of each layer
 * @param positions tokens of the longest sequence
 */
public record TextSize(
    String name, String family, int hidden, int layers, int heads, int neurons, int positions) {
  /** All that the zoo has. */
  static final List<TextSize> ALL =
      List.of(
          new TextSize("bert_tiny", "bert", 64, 4, 4, 256, 64),
          new TextSize("bert_base", "bert", 768, 12, 12, 3072, 512),
          new TextSize("gpt2_tiny", "gpt2", 64, 4, 4, 256, 64),
          new TextSize("gptj_tiny", "gptj", 64, 4, 4, 256, 64),
          new TextSize("llama_tiny", "llama", 64, 6, 4, 192, 64));

  /** Use of a model, and the name for it in Hugging Face's library. */
  private record Use(TextTask task, String architecture) {}

  /** The size of a name. */
  static Optional<TextSize> find(String name) {
    return ALL.stream().filter(size -> size.name().equals(name)).findFirst();
  }

  /**
   * The size of a name.
   *
   * @throws InvalidInputException naming all that there are
   */
  public static TextSize of(String name) {
    return find(name)
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "the zoo has no model '%s' that reads text; it has %s"
                        .formatted(name, ALL.stream().map(TextSize::name).toList())));
  }

  private List<Use> uses() {
    return switch (family) {
      case "bert" ->
          List.of(
              new Use(TextTask.QUESTION_ANSWERING, "BertForQuestionAnswering"),
              new Use(TextTask.TEXT_CLASSIFICATION, "BertForSequenceClassification"),
              new Use(TextTask.FILL_MASK, "BertForMaskedLM"),
              new Use(TextTask.FEATURE_EXTRACTION, "BertModel"));
      case "gpt2" ->
          List.of(
              new Use(TextTask.TEXT_GENERATION, "GPT2LMHeadModel"),
              new Use(TextTask.TEXT_CLASSIFICATION, "GPT2ForSequenceClassification"));
      case "llama" ->
          List.of(
              new Use(TextTask.TEXT_GENERATION, "LlamaForCausalLM"),
              new Use(TextTask.TEXT_CLASSIFICATION, "LlamaForSequenceClassification"));
      default ->
          List.of(
              new Use(TextTask.TEXT_GENERATION, "GPTJForCausalLM"),
              new Use(TextTask.TEXT_CLASSIFICATION, "GPTJForSequenceClassification"));
    };
  }

  /** Returns what it can be for; what is usual first. */
  List<TextTask> tasks() {
    return uses().stream().map(Use::task).toList();
  }

  /**
   * The task of a name.
   *
   * @param key empty for what is usual
   * @throws InvalidInputException if it is for no such task
   */
  TextTask task(Optional<String> key) {
    if (key.isEmpty()) {
      return tasks().get(0);
    }
    return tasks().stream()
        .filter(task -> task.key().equals(key.get()))
        .findFirst()
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "%s is not for %s; it is for %s"
                        .formatted(name, key.get(), tasks().stream().map(TextTask::key).toList())));
  }

  /** Returns what Hugging Face's library calls a model for a task. */
  String architecture(TextTask task) {
    return uses().stream()
        .filter(use -> use.task() == task)
        .map(Use::architecture)
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("%s is not for %s".formatted(name, task.key())));
  }
}
