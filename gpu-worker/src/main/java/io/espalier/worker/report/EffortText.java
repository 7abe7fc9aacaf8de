package io.espalier.worker.report;

import io.espalier.worker.report.chart.Figures;
import io.espalier.worker.report.facts.PruningReport.Effort;
import java.util.OptionalInt;

/** Effort of the work, and what was not done and why, in sentences. */
public final class EffortText {
  private EffortText() {}

  public static String of(Effort effort) {
    var text =
        new StringBuilder(
            effort.phases().isEmpty()
                ? "No times were taken."
                : "Time: " + Figures.seconds(effort.seconds()) + ".");
    effort.modelsScored().ifPresent(models -> text.append(scored(models, effort.modelsSkipped())));
    effort.modelsRemembered().ifPresent(models -> text.append(remembered(models)));
    effort.reused().ifPresent(part -> text.append(reused(part)));
    return text.toString();
  }

  /** Returns what early stopping saved. */
  private static String scored(int models, OptionalInt skipped) {
    String text = " Models scored: " + models;
    if (skipped.isEmpty()) {
      return text + ".";
    }
    return skipped.getAsInt() == 0
        ? text + ", which is each one that there was."
        : text
            + ", of %d that there were; %d were skipped, since a narrower cut of the same axis lost nothing already."
                .formatted(models + skipped.getAsInt(), skipped.getAsInt());
  }

  /** Returns what earlier runs saved. */
  private static String remembered(int models) {
    return models == 0
        ? ""
        : " Scores of %d of them are those of an earlier run, so they took no time now."
            .formatted(models);
  }

  /** Returns what memory saved. */
  private static String reused(double part) {
    return " Of the passes of those that were scored, %s was not computed again: what lies in front of a cut was kept from the model before."
        .formatted(Figures.percent(part, 1));
  }
}
