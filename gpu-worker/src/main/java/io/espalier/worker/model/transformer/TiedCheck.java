package io.espalier.worker.model.transformer;

import io.espalier.worker.checkpoint.ModelDirectory;
import java.util.ArrayList;
import java.util.List;

/**
 * Check that a file with tensors that a config ties to others holds copies of these.
 *
 * <p>Of a model whose head is in the file, is another one than the embedding, and is tied to it by
 * the config, transformers 4 takes the embedding for the head, and 5 the head that is there.
 */
final class TiedCheck {
  private TiedCheck() {}

  /** Returns what is wrong with tied tensors, in words. */
  static List<String> problems(ModelDirectory directory, TransformerSpec plan, String usualPrefix) {
    var problems = new ArrayList<String>();
    if (!plan.tied()) {
      return problems;
    }
    String prefix = plan.prefix(usualPrefix, directory.tensors().keySet());
    TextHead.Output output = plan.head().output().orElseThrow();
    require(directory, output.weight(), plan.outputWeight(prefix), problems);
    output.bias().ifPresent(bias -> require(directory, output.module() + ".bias", bias, problems));
    return problems;
  }

  private static void require(
      ModelDirectory directory, String copy, String original, List<String> problems) {
    boolean both =
        !copy.equals(original)
            && directory.tensors().containsKey(copy)
            && directory.tensors().containsKey(original);
    if (both && !directory.sameNumbers(copy, original)) {
      problems.add(
          "%s: config.json ties '%s' to '%s' by tie_word_embeddings, but the file holds both and they differ: transformers 4 takes the second for both, 5 takes each; set tie_word_embeddings to false if '%s' is meant, or remove that tensor"
              .formatted(directory.path(), copy, original, copy));
    }
  }
}
