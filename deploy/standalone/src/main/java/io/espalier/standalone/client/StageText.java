package io.espalier.standalone.client;

import io.espalier.event.StageProgressed;

/** Progress text of a worker. */
final class StageText {
  private StageText() {}

  /** Such as {@code measuring sensitivity, 12 of 34 (35 %)}. */
  static String of(StageProgressed progress) {
    long total = progress.getTotal();
    return total > 0
        ? "%s, %d of %d (%d %%)"
            .formatted(
                progress.getPhase(), progress.getDone(), total, 100 * progress.getDone() / total)
        : progress.getPhase();
  }
}
