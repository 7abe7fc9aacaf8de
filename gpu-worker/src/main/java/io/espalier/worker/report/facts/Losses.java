package io.espalier.worker.report.facts;

import io.espalier.worker.algorithm.search.Objective;

/** Losses of a pruning, and the words for them. */
public enum Losses {
  /** Models with one axis cut were scored: score of the original less theirs. */
  MEASURED("measured"),
  /** Scores of the units that go, summed; no cut model was looked at. */
  SUMMED("summed");

  private final String key;

  Losses(String key) {
    this.key = key;
  }

  /** Its name in JSON. */
  public String key() {
    return key;
  }

  /** Returns what a scale of them is called. */
  public String label() {
    return this == MEASURED ? "loss of score" : "scores that go";
  }

  /** Returns what a cut does, in front of the number. */
  public String verb() {
    return this == MEASURED ? "loses" : "gives up";
  }

  /** The heading over the losses of single axes. */
  public String heading() {
    return this == MEASURED ? "Sensitivity per axis" : "What single cuts give up";
  }

  public String explanation() {
    String what =
        this == MEASURED
            ? "How much score is lost when this axis alone is cut to a part of its width, a colour"
                + " per loss; grey loses nothing"
            : "The scores of the units that go when this axis alone is cut to a part of its width,"
                + " summed, a colour per sum; grey gives up nothing";
    return what + ", and the outlined cell is what was chosen.";
  }

  /** Said where no axis loses anything. */
  public String none() {
    return this == MEASURED
        ? "No cut of a single axis loses anything."
        : "No unit has a score above zero.";
  }

  public String curveHeading() {
    return this == MEASURED ? "Cost and score over budgets" : "Other budgets";
  }

  /**
   * Returns what the curve over budgets shows.
   *
   * @param objective key of what the search made small
   */
  public String curve(String objective) {
    boolean largest = objective.equals(Objective.MAX.key());
    if (this == SUMMED) {
      return largest
          ? "What a single axis would give up at most at other budgets, which the search makes"
              + " small."
          : "What the search would give up at other budgets: the scores of all units that go.";
    }
    return largest
        ? "What a single axis would lose at most at other budgets, which the search makes small;"
            + " diamonds are what the whole model was measured to lose."
        : "What the search would lose at other budgets, as predicted from single axes; diamonds"
            + " were measured on the whole model.";
  }
}
