package io.espalier.worker.model.transformer;

import java.util.Optional;

/**
 * Rule of a family's loaders on the number of attention heads.
 *
 * <p>Source: transformers 4.57.6 and 5.24, vLLM 0.11.2 and 0.32.
 */
enum HeadRule {
  /** Nothing: config.json says how large a head is. */
  FREE,
  /** That it divides the hidden size, although config.json says how large a head is. */
  DIVISOR,
  /** That heads share the hidden size, since config.json has no place for the size of a head. */
  SHARE_UNSAID,
  /** That heads share the hidden size, since some loaders look at nothing else. */
  SHARE;

  /** Returns whether loaders open a model of these sizes. */
  boolean holds(int hidden, int heads, int headSize) {
    return switch (this) {
      case FREE -> true;
      case DIVISOR -> hidden % heads == 0;
      case SHARE_UNSAID, SHARE -> hidden == heads * headSize;
    };
  }

  /** Returns why some loaders would not open a model of these sizes, if they would not. */
  Optional<String> misfit(int hidden, int heads, int headSize) {
    if (holds(hidden, heads, headSize)) {
      return Optional.empty();
    }
    String shared = "hidden %d is not %d heads of %d channels".formatted(hidden, heads, headSize);
    return Optional.of(
        switch (this) {
          case SHARE -> shared + ", but vLLM divides hidden by heads even though head_dim is given";
          case SHARE_UNSAID -> shared + ", and its config.json has no place for the size of a head";
          default ->
              "hidden %d is no multiple of %d heads, which transformers demands even though head_dim is given"
                  .formatted(hidden, heads);
        });
  }
}
